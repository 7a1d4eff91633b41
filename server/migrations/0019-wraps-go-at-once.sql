-- A wrap goes in the transaction that decides its end, not after it: the intent lists the leaves that are to be destroyed.
delete from key_wrap where ending;
alter table key_wrap drop column ending;
