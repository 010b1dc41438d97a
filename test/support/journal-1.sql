-- A journal as the first version wrote it: one batch of three files, of which one is done and one has two parts.
CREATE TABLE destination (
    id TEXT PRIMARY KEY,
    config TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    destinationId TEXT NOT NULL,
    createdAtMs INTEGER NOT NULL,
    finishedAtMs INTEGER,
    scanned INTEGER NOT NULL DEFAULT 0,
    request TEXT NOT NULL,
    files INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0
  ) STRICT;
CREATE TABLE transfer (
    id INTEGER PRIMARY KEY,
    batchId INTEGER NOT NULL,
    place INTEGER NOT NULL,
    path BLOB NOT NULL,
    key TEXT NOT NULL,
    sizeBytes INTEGER NOT NULL,
    identity TEXT NOT NULL,
    phase TEXT NOT NULL DEFAULT 'queued',
    begun INTEGER NOT NULL DEFAULT 0,
    listed INTEGER NOT NULL DEFAULT 1,
    overwrite INTEGER NOT NULL DEFAULT 0,
    restarts INTEGER NOT NULL DEFAULT 0,
    resentBytes INTEGER NOT NULL DEFAULT 0,
    limitBytesPerSecond INTEGER,
    startedAtMs INTEGER,
    endedAtMs INTEGER,
    state TEXT
  ) STRICT;
CREATE INDEX transferOfBatch ON transfer (batchId);
CREATE TABLE upload (
    id INTEGER PRIMARY KEY,
    transferId INTEGER NOT NULL,
    destinationId TEXT NOT NULL,
    key TEXT NOT NULL,
    uploadId TEXT,
    partBytes INTEGER NOT NULL,
    intendedAtMs INTEGER NOT NULL,
    aborting INTEGER NOT NULL DEFAULT 0
  ) STRICT;
CREATE INDEX uploadOfTransfer ON upload (transferId);
CREATE TABLE part (
    transferId INTEGER NOT NULL,
    number INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    etag TEXT,
    crc32 INTEGER,
    checksum TEXT,
    PRIMARY KEY (transferId, number)
  ) STRICT, WITHOUT ROWID;
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    atMs INTEGER NOT NULL
  ) STRICT;
INSERT INTO pulse VALUES (1, 1795000001000);
INSERT INTO destination VALUES ('d', '{"id":"d","endpoint":"http://127.0.0.1:9000","region":"us-east-1","bucket":"b","pathStyle":true,"caFile":null,"bindAddress":null,"proxy":null,"credentials":{"kind":"keys-asked"}}');
INSERT INTO batch VALUES (4, 'd', 1795000000000, NULL, 1, '{"destinationId":"d","sources":[{"path":"/from/här","keyOrPrefix":"p/"}],"options":{"partBytes":5242880,"multipartThresholdBytes":5242880,"checksum":"crc32","onExists":"skip-same","giveUpAfterMs":null,"onChange":"fail"},"include":[],"exclude":["*.tmp"],"start":"at-once"}', 3, 12582912, 1, 0, 0, 0);
INSERT INTO transfer VALUES (7, 4, 7, CAST('/from/här/a' AS BLOB), 'p/a', 1048576, '1795000000123456789:18446744073709551615:7', 'completed', 1, 1, 0, 0, 100, NULL, 1795000000100, 1795000000200, '{"phase":"completed","etag":"\"e\"","versionId":null,"checksum":{"algorithm":"crc32","value":"AAAAAA==","partBytes":null},"verified":"checksum"}');
INSERT INTO transfer VALUES (8, 4, 9, CAST('/from/här/b' AS BLOB), 'p/b', 10485760, '1:2:3', 'queued', 0, 1, 0, 0, 0, 500000, 1795000000300, NULL, NULL);
INSERT INTO transfer VALUES (9, 4, 8, CAST('/from/här/c' AS BLOB), 'p/c', 1048576, '1:4:3', 'paused', 0, 1, 1, 0, 0, NULL, NULL, NULL, NULL);
INSERT INTO upload VALUES (3, 8, 'd', 'p/b', 'upload-of-b', 5242880, 1795000000300, 0);
INSERT INTO part VALUES (8, 1, 5242880, '"p1"', 4294967295, NULL);
INSERT INTO part VALUES (8, 2, 5242880, NULL, NULL, NULL);
PRAGMA application_id = 1397511498;
PRAGMA user_version = 1;
