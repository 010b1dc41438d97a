"""Checks a receipt with nothing of Sluice: verify_receipt.py RECEIPT [aws [OPTIONS]], with "aws" the objects too. Status 1: not all is as it says."""
import base64, csv, functools, hashlib, json, mmap, os, re, subprocess, sys, zlib
def digest(name, data):
    if name == "crc32": return zlib.crc32(data).to_bytes(4, "big")
    if name in hashlib.algorithms_guaranteed: return hashlib.new(name, data).digest()
    polynomial, size = {"crc32c": (0x82F63B78, 4), "crc64nvme": (0x9A6C9329AC4BC9B5, 8)}[name]
    table = [functools.reduce(lambda n, _: n >> 1 ^ (n & 1) * polynomial, range(8), n) for n in range(256)]
    return (functools.reduce(lambda crc, byte: crc >> 8 ^ table[(crc ^ byte) & 255], data, 256**size - 1) ^ 256**size - 1).to_bytes(size, "big")
def file_sum(file, name, value, part_bytes):  # "…-3" is the sum of the sums of 3 parts
    data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if os.fstat(file.fileno()).st_size else b""
    parts = [digest(name, data[at : at + int(part_bytes)]) for at in range(0, len(data), int(part_bytes))] if "-" in value else []
    return base64.b64encode(digest(name, b"".join(parts) if parts else data)).decode() + (f"-{len(parts)}" if parts else "")
def differences(entry, aws):
    path, size, name, value = entry["path"], int(entry["sizeBytes"]), entry["checksumAlgorithm"], entry["checksum"]
    if not os.path.isfile(path): yield "the file is gone"
    elif os.path.getsize(path) != size: yield "the file has another size"
    elif value and file_sum(open(path, "rb"), name, value, entry["checksumPartBytes"]) != value: yield "the file has other bytes"
    if not aws: return
    flags = {"bucket": "bucket", "key": "key", "version-id": "versionId", "endpoint-url": "endpoint", "region": "region"}
    given = [f"--{flag}={entry[column]}" for flag, column in flags.items() if entry[column]]
    head = subprocess.run([*aws, "s3api", "head-object", "--checksum-mode=ENABLED", *given], capture_output=True, text=True)
    if not (found := json.loads(head.stdout or "{}")): yield "the object cannot be looked at: " + head.stderr.strip()
    elif found["ContentLength"] != size or found["ETag"].strip('"') != entry["etag"].strip('"'): yield "the object is another"
    elif value and ("-" in (there := found.get("Checksum" + name.upper(), value))) == ("-" in value) and there != value: yield "the object has another checksum"
plain = lambda row: {column: re.sub("^'(?=[-'=+@\t\r＝＋－＠])", "", cell) for column, cell in row.items()}  # undoes the guard against spreadsheets
with open(sys.argv[1], encoding="utf-8", newline="") as file: rows = json.load(file) if file.name.endswith(".json") else [*map(plain, csv.DictReader(file))]
entries = [row for row in rows if row["phase"] == "completed"]
wrong = [f"{row['path']} -> {row['key']}: {what}" for row in entries for what in differences(row, sys.argv[2:])]
print(*wrong, f"{len(entries)} files, {len(wrong)} differences", sep="\n")
sys.exit(len(wrong) > 0)
