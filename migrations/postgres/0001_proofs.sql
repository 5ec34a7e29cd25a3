-- One chain for each gateway. Its head stands here and not only in the last record, so that records can later be cut by age
-- without losing where the chain goes on, and so that a lost tail is seen. A gateway locks its row while it appends.
CREATE TABLE chain (
    id      UUID   PRIMARY KEY,
    created BIGINT NOT NULL,
    seq     BIGINT NOT NULL CHECK (seq >= 0),
    hash    BYTEA  NOT NULL CHECK (length(hash) = 32)
);

-- digest = SHA-256(salt, payload); hash = SHA-256(prev, seq, digest). Erasing a person's proof sets salt, payload and
-- consent_id to NULL, said to '', and leaves the three hashes, so that the chain stays valid. `date` is in tenths of seconds since
-- 1970; each month has a partition, which the gateway makes. `said` is what statistics count, a copy of what the payload says.
CREATE TABLE proof (
    chain      UUID   NOT NULL,
    seq        BIGINT NOT NULL,
    prev       BYTEA  NOT NULL,
    digest     BYTEA  NOT NULL,
    hash       BYTEA  NOT NULL,
    salt       BYTEA,
    payload    TEXT,
    consent_id UUID,
    site       TEXT   NOT NULL,
    date       BIGINT NOT NULL,
    erased     BIGINT,
    said       TEXT   NOT NULL,
    PRIMARY KEY (chain, seq, date)
) PARTITION BY RANGE (date);

CREATE INDEX proof_by_consent ON proof (consent_id) WHERE consent_id IS NOT NULL;
CREATE INDEX proof_by_date ON proof (date) INCLUDE (site, said);

-- What visitors were asked, once for each version of it. `hash` is the SHA-256 of `document`, and is in the proofs.
CREATE TABLE questions (
    hash     BYTEA  PRIMARY KEY CHECK (length(hash) = 32),
    kept     BIGINT NOT NULL,
    document TEXT   NOT NULL
);

-- Where a chain was at a moment, signed.
CREATE TABLE checkpoint (
    chain     UUID   NOT NULL,
    seq       BIGINT NOT NULL CHECK (seq > 0),
    hash      BYTEA  NOT NULL CHECK (length(hash) = 32),
    date      BIGINT NOT NULL,
    key       BYTEA  NOT NULL CHECK (length(key) = 32),
    signature BYTEA  NOT NULL CHECK (length(signature) = 64),
    PRIMARY KEY (chain, seq)
);

-- Numbers that were computed from the proofs of all chains, and can be again. `day` is days since 1970 in UTC. `late`: proofs
-- of that day followed after it was computed, and it is to be computed again.
CREATE TABLE statistics_day (
    day      BIGINT  PRIMARY KEY,
    computed BIGINT  NOT NULL,
    late     BOOLEAN NOT NULL DEFAULT false
);

-- The line without a category ('') is about whole answers; only it has `partial` and `unreadable`.
CREATE TABLE statistics (
    day        BIGINT NOT NULL REFERENCES statistics_day (day),
    site       TEXT   NOT NULL,
    category   TEXT   NOT NULL,
    accepted   BIGINT NOT NULL CHECK (accepted >= 0),
    refused    BIGINT NOT NULL CHECK (refused >= 0),
    withdrawn  BIGINT NOT NULL CHECK (withdrawn >= 0),
    partial    BIGINT CHECK (partial >= 0),
    unreadable BIGINT CHECK (unreadable >= 0),
    PRIMARY KEY (day, site, category)
);
