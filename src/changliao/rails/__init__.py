"""Where money meets the outside: attempts on rails, one file per rail, clearing accounts.

Promise: an attempt is written before a rail is called and called again under the same id until the
rail says what became of it; doubt is the state `unknown`, never a guess. Money that came in stands
on the rail's clearing account and in `rail_received`, money to go out in `rail_payable`.
"""
