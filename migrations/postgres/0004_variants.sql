-- Statistics by the form of the widget that was answered, where a site compares several. A line with a variant has no category, and
-- counts first answers; only such lines have `shown`.
ALTER TABLE statistics ADD COLUMN variant TEXT NOT NULL DEFAULT '';
ALTER TABLE statistics ADD COLUMN shown BIGINT CHECK (shown >= 0);
ALTER TABLE statistics DROP CONSTRAINT statistics_pkey;
ALTER TABLE statistics ADD PRIMARY KEY (day, site, category, variant);

-- How often each form was shown, at all gateways. Counted as it happens: no record says so.
CREATE TABLE variant_shown (
    day     BIGINT NOT NULL,
    site    TEXT   NOT NULL,
    variant TEXT   NOT NULL,
    times   BIGINT NOT NULL CHECK (times >= 0),
    PRIMARY KEY (day, site, variant)
);
