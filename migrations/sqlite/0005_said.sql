-- What statistics count of a record, a copy of what its payload says; '' where that was erased or cannot be read. NULL in records
-- that a version before this one wrote: their payload is read instead.
ALTER TABLE proof ADD COLUMN said TEXT;

-- A day is counted from this index alone.
DROP INDEX proof_by_date;
CREATE INDEX proof_by_date ON proof (date, site, said);
CREATE INDEX proof_untold ON proof (date, seq) WHERE said IS NULL;
