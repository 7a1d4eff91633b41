-- Which version of the announcement was in force when a call was recorded; null when there was none, or it was recorded elsewhere.
alter table call add column announcement integer;
