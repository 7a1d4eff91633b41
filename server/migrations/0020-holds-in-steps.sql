-- A hold over many calls is placed in steps, so that calls which begin meanwhile wait for one step and not for all of them.
alter table legal_hold drop constraint legal_hold_state_check;
alter table legal_hold add constraint legal_hold_state_check check (state in ('placing', 'active', 'release_asked', 'released'));
-- Null: the call is to be held, and the vault does not know yet.
alter table hold_item alter column held drop not null;
create index hold_item_waiting on hold_item (hold_id, call_id) where held is null;
