-- Statistics by the form of the widget that was answered, where a site compares several. A line with a variant has no category, and
-- counts first answers; only such lines have `shown`.
CREATE TABLE statistics_next (
    day        INTEGER NOT NULL REFERENCES statistics_day (day),
    site       TEXT    NOT NULL,
    category   TEXT    NOT NULL,
    variant    TEXT    NOT NULL,
    accepted   INTEGER NOT NULL CHECK (accepted >= 0),
    refused    INTEGER NOT NULL CHECK (refused >= 0),
    withdrawn  INTEGER NOT NULL CHECK (withdrawn >= 0),
    partial    INTEGER CHECK (partial >= 0),
    unreadable INTEGER CHECK (unreadable >= 0),
    shown      INTEGER CHECK (shown >= 0),
    PRIMARY KEY (day, site, category, variant)
) STRICT, WITHOUT ROWID;
INSERT INTO statistics_next (day, site, category, variant, accepted, refused, withdrawn, partial, unreadable)
    SELECT day, site, category, '', accepted, refused, withdrawn, partial, unreadable FROM statistics;
DROP TABLE statistics;
ALTER TABLE statistics_next RENAME TO statistics;

-- How often each form was shown. Counted as it happens: no record says so.
CREATE TABLE variant_shown (
    day     INTEGER NOT NULL,
    site    TEXT    NOT NULL,
    variant TEXT    NOT NULL,
    times   INTEGER NOT NULL CHECK (times >= 0),
    PRIMARY KEY (day, site, variant)
) STRICT, WITHOUT ROWID;
