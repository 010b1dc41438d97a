/** What `--help` prints. The README's reference is this text: keep them alike. */
export const GENERAL_HELP = `Usage:
  sluice upload <path>... s3://bucket/[prefix/] [options]
  sluice upload - s3://bucket/key [options]
  sluice verify <receipt> [--read-back] [--local] [options]
  sluice demo-server [--port N] [--dir DIR] [--json]
  sluice demo

  upload       uploads files and folders, at the rate that you set
  verify       checks what a receipt says, and uploads nothing
  demo-server  runs a small S3 server on this machine and prints how to reach it
  demo         shows an upload in this terminal: limit, pause, resume, check

  --help       this text; "sluice upload --help" lists its options
  --version    the version
`

export const UPLOAD_HELP = `Usage: sluice upload <path>... s3://bucket/[prefix/] [options]

One file and a target without a final "/" name the object itself; otherwise the target is a folder.
A folder keeps its name there; "dir/" and "." put its contents there.
"-" is standard input, of any length: the target is then the whole key.
Credentials come from the AWS_* variables or from a profile of ~/.aws, and are never stored.

Where to
  --endpoint URL             S3 server; without it AWS (also AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL)
  --region R                 default: AWS_REGION, the profile's, us-east-1
  --profile NAME             profile of ~/.aws
  --virtual-host             bucket in the host name although there is an --endpoint
  --ca-file FILE             PEM file of certificate authorities to trust as well
  --proxy URL                HTTP proxy, or "none" (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)
  --bind ADDRESS             IP address of this machine that connections are made from

How fast
  --limit RATE               such as "5 MB/s", "600 KB/s", "40 Mb/s", "2 GB/h", unlimited (the default)
  --for DURATION             how long that limit holds, then back to unlimited or the schedule
  --schedule TIMETABLE       limits by the clock, such as "08:00,512k 19:00,off Sun-08:00,off";
                             "pause" stops, and no part starts that could not end before it
  --time-zone ZONE           of the schedule, such as Europe/Berlin (this computer's)
  --requests-per-second N    at most, evenly spaced; 0.5 is one every two seconds
  --files-per-second N       at most, evenly spaced
  --quota QUOTA              of this run, such as "20 GB/day", "500 000 requests per hour", "1000
                             files/12h": used up, it waits; "20 GB/day spread" spreads it evenly;
                             may be repeated
  --connections N            requests in flight in total, 1 to 64 (4)
  --threads N                threads that send, 1 to 16 (1, or 2 from 4 cores up)
  --part-size SIZE           5 MiB to 5 GiB (8 MiB); of standard input the first 1 000 parts,
                             which then grow
  --multipart-threshold SIZE files larger than this go up in parts (8 MiB)

What
  --include GLOB             only files that match; may be repeated
  --exclude GLOB             leave out files and folders that match; may be repeated
  --on-exists RULE           ask, skip-same, skip, overwrite or fail
                             (skip-same; ask on a terminal)
  --checksum NAME            crc32, crc32c, crc64nvme, sha256, md5 or none (crc32)
  --on-change RULE           of a file that changes while it is sent: fail, or restart, three times
                             at the most (fail)
  --give-up-after DURATION   end retries this long after the last progress, or "never"
                             (1h; never on a terminal)
  --dry-run                  only list what would be uploaded

Output
  --json                     one JSON object a line on stdout
  --control                  take commands from stdin: "limit RATE", "limit RATE for DURATION",
                             "pause", "pause for DURATION", "resume", "status", "quit"
  --quiet                    say nothing but errors
  --receipt FILE             what became of each file, as it ends: .csv or .json
  --data-dir DIR             where Sluice keeps its state

Exit status: 0 all done, 1 some failed, 2 wrong usage, 130 interrupted.
Ctrl-C once lets nothing new start; twice stops at once.
`

export const VERIFY_HELP = `Usage: sluice verify <receipt> [options]

Asks the server for size, ETag and checksum of each object of an upload's receipt and
compares. Bucket, endpoint and region are those of the receipt. Nothing is changed.

  --read-back        read each object too, and sum its bytes again
  --local            compare the files on this machine with the receipt too
  --limit RATE       of what is read back (unlimited)
  --connections N    objects at a time, 1 to 64 (4)
  --json             one JSON object a line on stdout
  --quiet            say nothing but differences

  --endpoint URL, --region R, --profile NAME, --virtual-host, --ca-file FILE,
  --proxy URL, --bind ADDRESS: as for upload

Exit status: 0 all as the receipt says, 1 not all, 2 wrong usage, 130 interrupted.
`

export const DEMO_SERVER_HELP = `Usage: sluice demo-server [--port N] [--dir DIR] [--json]

A small S3 server for trying things out, reachable from this machine only. The first line of its
output is a JSON object with endpoint, region, bucket, accessKeyId and secretAccessKey.

  --port N   0, the default, takes any free port
  --dir DIR  where objects and keys are kept; the same DIR answers to the same keys
  --json     print nothing but that line
`

export const DEMO_HELP = `Usage: sluice demo

Starts the demo bucket, makes files, uploads them under a limit, changes the limit half-way, pauses,
resumes, reads everything back and compares it.
`
