"""Checks a receipt of Sluice with nothing of Sluice: python3 verify_receipt.py RECEIPT [aws [OPTIONS]]
Compares the local files; with "aws" or "aws --profile NAME" the objects too. Exit status 1: something differs."""
import base64, csv, functools, hashlib, json, os, subprocess, sys, zlib

def digest(name, blocks):
    if name in hashlib.algorithms_guaranteed:
        return functools.reduce(lambda hasher, block: hasher.update(block) or hasher, blocks, hashlib.new(name)).digest()
    polynomial, size = {"crc32": (0, 4), "crc32c": (0x82F63B78, 4), "crc64nvme": (0x9A6C9329AC4BC9B5, 8)}[name]
    table = [functools.reduce(lambda n, _: n >> 1 ^ (n & 1) * polynomial, range(8), n) for n in range(256)]
    slow = lambda block, crc: ~functools.reduce(lambda c, byte: c >> 8 ^ table[(c ^ byte) & 255], block, ~crc % 256**size) % 256**size
    return functools.reduce(lambda crc, block: (zlib.crc32 if name == "crc32" else slow)(block, crc), blocks, 0).to_bytes(size, "big")
def blocks(file, left):
    while left > 0 and (block := file.read(min(left, 1 << 20))): left -= len(block); yield block
def file_sum(file, name, value, part_bytes):
    if "-" not in value: return base64.b64encode(digest(name, blocks(file, 1 << 62))).decode()
    parts = [digest(name, blocks(file, int(part_bytes))) for _ in range(int(value.split("-")[1]))]
    return f"{base64.b64encode(digest(name, parts)).decode()}-{len(parts)}"
def load(file):  # in CSV an apostrophe stands before what a spreadsheet would run
    clean = lambda cell: cell[1:] if cell[:1] == "'" and cell[1:2] in tuple("=+-@\t\r'＝＋－＠") else cell
    return json.load(file) if file.name.endswith(".json") else [{k: clean(v) for k, v in row.items()} for row in csv.DictReader(file)]
def differences(entry, aws):
    size, name, value = int(entry["sizeBytes"]), entry["checksumAlgorithm"], entry["checksum"]
    if not os.path.isfile(entry["path"]): yield "the file is gone"
    elif os.path.getsize(entry["path"]) != size: yield "the file has another size"
    elif value and file_sum(open(entry["path"], "rb"), name, value, entry["checksumPartBytes"]) != value: yield "the file has other bytes"
    if not aws: return
    flags = {"--bucket": "bucket", "--key": "key", "--endpoint-url": "endpoint", "--region": "region", "--version-id": "versionId"}
    given = [word for flag, column in flags.items() if entry[column] for word in (flag, entry[column])]
    head = subprocess.run([*aws, "s3api", "head-object", "--checksum-mode", "ENABLED", *given], capture_output=True, text=True)
    found = json.loads(head.stdout) if head.returncode == 0 else {}
    there = found.get("Checksum" + (name or "").upper())
    if not found: yield "the object cannot be looked at: " + head.stderr.strip()
    elif found["ContentLength"] != size or found["ETag"].strip('"') != entry["etag"].strip('"'): yield "the object is another"
    elif value and there and ("-" in there) == ("-" in value) and there != value: yield "the object has another checksum"

entries = [entry for entry in load(open(sys.argv[1], encoding="utf-8", newline="")) if entry["phase"] == "completed"]
wrong = [f"{entry['path']} -> {entry['key']}: {what}" for entry in entries for what in differences(entry, sys.argv[2:])]
print(*wrong, f"{len(entries)} files, {len(wrong)} differences", sep="\n")
sys.exit(len(wrong) > 0)
