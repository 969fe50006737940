"""Reconciliation: what is billed against what the rules count, as docs/arithmetic.md defines it.

Running (`reconcile.service`)
    request(session, context, clients=None) -> job id        ask for a run, coalesced with what waits
    run(job) -> dict                                         the work of a `reconcile.run` job
    reconcile(session, context, *, clients=None, day=None)   compute and store in one transaction
    compute(...) -> Computed, store(...) -> dict             the two halves

Reading for screens (`reconcile.screens.service`; rows and filters in `reconcile.screens.schemas`), all of the period of
the last run, sorted, filtered and paged in SQL, none of them adds currencies together
    overview(session, context) -> Overview
    client_table(session, context, filters=ClientFilters(), sort="name", cursor="") -> Page[ClientRow]
    client_page(session, context, client_id) -> ClientPage                                       in screens.client
    client_seats(session, context, client_id, search="", cursor="") -> Page[SeatRow]             in screens.detail
    findings(session, context, filters=FindingFilters(), sort="-age", cursor="", with_total=False) -> Page[FindingRow]
    finding(session, context, finding_id) -> FindingDetail                                      in screens.detail
    evidence(session, context, finding_id, which="counted", cursor="") -> Page[SeatRow]          in screens.detail
    flags(session, context, client_id=None, kind="", cursor="") -> Page[FlagRow]

Inside: facts (what a run reads), arithmetic (the formulas), engine (the comparison), findings (words and rows),
flagged/ (flags), results/ (storing), screens/ (reading), files_run (the same from files, for `rcx reconcile`).
"""
