-- The last day (UTC) on which a person signed in, so that accounts nobody uses are seen. A day, not a moment: when somebody comes to
-- work is nobody's business here.
alter table people add column last_sign_in_on date;
-- Nobody wrote it down before: for those who could sign in, the count begins now.
update people set last_sign_in_on = current_date where password is not null;
