/** What `--help` prints. The README's reference is this text: keep them alike. */
export const GENERAL_HELP = `Usage:
  sluice upload <path>... s3://bucket/[prefix/] [options]
  sluice upload - s3://bucket/key [options]
  sluice resume [options]
  sluice list [--json] [--data-dir DIR]
  sluice cancel <id>...|--all [--data-dir DIR] [--profile NAME]
  sluice verify <receipt> [--read-back] [--local] [options]
  sluice demo-server [--port N] [--dir DIR] [--json]
  sluice demo
  sluice diagnostics [--out FILE] [--data-dir DIR]

  upload       uploads files and folders, at the rate that you set
  resume       goes on with uploads that were interrupted
  list         shows what was interrupted or is running
  cancel       forgets interrupted uploads and takes their parts back at the server
  verify       checks what a receipt says, and uploads nothing
  demo-server  runs a small S3 server on this machine and prints how to reach it
  demo         shows an upload in this terminal: limit, pause, resume, check
  diagnostics  prints a report for a maintainer, without keys

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
  --threads N                threads that send, 1 to 16 (1, or 2 from 4 cores up); below 8 MB/s
                             one of them does
  --part-size SIZE           5 MiB to 5 GiB (8 MiB); of standard input the first 1 000 parts,
                             which then grow
  --multipart-threshold SIZE files larger than this go up in parts (8 MiB)

What
  --include GLOB             only files that match; may be repeated
  --exclude GLOB             leave out files and folders that match; may be repeated
  --on-exists RULE           ask, skip-same, skip, overwrite, keep-both or fail (skip-same; ask on a
                             terminal); keep-both puts what differs beside it, as "name (2).ext"
  --checksum NAME            crc32, crc32c, crc64nvme, sha256, md5 or none (crc32, or what the
                             store can check)
  --content-type TYPE        of all objects; without it guessed from each name
  --cache-control TEXT       such as "max-age=3600"
  --metadata NAME=VALUE      kept with each object; may be repeated
  --tag NAME=VALUE           tag of each object, up to ten; may be repeated
  --storage-class NAME       such as STANDARD_IA; without it the bucket's own
  --sse KIND                 encryption by the server: AES256 or aws:kms
  --sse-kms-key-id ID        the key of --sse aws:kms; without it the account's default
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
  --data-dir DIR             where this run keeps its journal (a folder of its own)

Exit status: 0 all done, 1 some failed, 2 wrong usage, 130 interrupted.
Ctrl-C once lets nothing new start; twice stops at once. "sluice resume" goes on, after a crash too.
`

export const RESUME_HELP = `Usage: sluice resume [options]

Goes on with uploads that were interrupted, by Ctrl-C, a crash or a power cut. Target, part size,
checksum, rules, quotas and the rates of requests and files are those of the upload; credentials
are read anew. Standard input cannot go on: what had arrived of it is removed at the server.

  --data-dir DIR             the journal of one upload --data-dir; without it all runs that no
                             process is working on
  --limit RATE               as for upload (unlimited)
  --connections N            requests in flight in total, 1 to 64 (4)
  --threads N                threads that send, 1 to 16
  --profile NAME             profile of ~/.aws; without it that of the upload
  --give-up-after DURATION   or "never"; without it as for the upload
  --receipt FILE             as for upload; with what ended before
  --json                     one JSON object a line on stdout
  --control                  take commands from stdin
  --quiet                    say nothing but errors

Exit status: 0 all done, or nothing to do; 1 some failed; 2 wrong usage; 130 interrupted.
`

export const LIST_HELP = `Usage: sluice list [--json] [--data-dir DIR]

Shows what journals hold, one batch a line: id, state (running, interrupted or ended), what and how far.
A run that has ended well leaves nothing.

  --json           one JSON object a line
  --data-dir DIR   the journal of one upload --data-dir; without it all runs, and the window's
`

export const CANCEL_HELP = `Usage: sluice cancel <id>...|--all [options]

Forgets interrupted uploads, and aborts at the server what they had begun in parts. Objects stay.
An id is that of "sluice list": <run>:<n> for a batch, <run> for all of a run, <n> where one run has it.

  --all            everything that no process is working on
  --data-dir DIR   in the journal of one upload --data-dir
  --profile NAME   profile of ~/.aws; without it that of the upload
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

export const DIAGNOSTICS_HELP = `Usage: sluice diagnostics [--out FILE] [--data-dir DIR]

Prints a report for a maintainer as JSON: versions, the system, the window's settings and the last
lines of its log. Keys, tokens and signatures are left out; names of files and buckets are not.

  --out FILE      write it there instead of to stdout
  --data-dir DIR  settings and log of this folder instead of the window's
`

export const DEMO_HELP = `Usage: sluice demo

Starts the demo bucket, makes files, uploads them under a limit, changes the limit half-way, pauses,
resumes, reads everything back and compares it.
`
