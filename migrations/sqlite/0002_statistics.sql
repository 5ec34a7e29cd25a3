-- Numbers that were computed from the proofs, and can be again. `day` is days since 1970 in UTC. A day that was computed is
-- here also when nobody answered on it.
CREATE TABLE statistics_day (
    day      INTEGER PRIMARY KEY,
    computed INTEGER NOT NULL
) STRICT;

-- The line without a category ('') is about whole answers; only it has `partial` and `unreadable`.
CREATE TABLE statistics (
    day        INTEGER NOT NULL REFERENCES statistics_day (day),
    site       TEXT    NOT NULL,
    category   TEXT    NOT NULL,
    accepted   INTEGER NOT NULL CHECK (accepted >= 0),
    refused    INTEGER NOT NULL CHECK (refused >= 0),
    withdrawn  INTEGER NOT NULL CHECK (withdrawn >= 0),
    partial    INTEGER CHECK (partial >= 0),
    unreadable INTEGER CHECK (unreadable >= 0),
    PRIMARY KEY (day, site, category)
) STRICT, WITHOUT ROWID;

-- What one day is read by. Proofs come in the order of their dates, so that the index grows at its end.
CREATE INDEX proof_by_date ON proof (date);
