-- Where the chain's records begin: the last one that was cut by age, at a signed checkpoint, and before which date records were cut.
ALTER TABLE chain ADD COLUMN cut_seq INTEGER NOT NULL DEFAULT 0 CHECK (cut_seq >= 0);
ALTER TABLE chain ADD COLUMN cut_hash BLOB CHECK (length(cut_hash) = 32);
ALTER TABLE chain ADD COLUMN cut_date INTEGER;
