------------------------------- MODULE Claim -------------------------------
(* One tick of a cron job, claimed in memcached by contenders.                *)
(* README.md says what each name is in the code and what is left out.         *)
(* `said` tells a step to a reader and is no part of the state (see View).    *)
EXTENDS Integers, FiniteSets

CONSTANTS
  Contenders,       \* one for each start of the wrapper for this tick: strings
  Fast,             \* those whose clock is ahead
  Apart,            \* by how much
  TickAt,           \* the tick
  Tolerance,        \* Terms.tolerance
  Begin, End,       \* the first and the last instant
  Cuts,             \* how many answers are lost
  Restarts,         \* how often memcached restarts
  Evictions,        \* how many records it drops
  Lapses,           \* how many claims come to the end of their life
  \* The guards; FALSE leaves one out.
  SwapsByCas,       \* after the `add` only `cas` is used, never `set`
  LetsGoByCas,      \* a claim is let go by `cas`, never by `delete`
  SwapsToRunning,   \* a claim is no win before it is swapped to running
  SeenToSucceed,    \* only a swap that was seen to succeed is a win
  KeepsRecord,      \* the record stays when the run has ended
  LooksAtUptime,    \* the restart proof: a server younger than the tick is suspect
  CountsLosses,     \* the same for evictions and flushes
  SamplesAfterAdd,  \* the proof is read after the record was added
  OneConnection     \* ... on its connection, with the swap

VARIABLES now, item, server, flight, cuts, contenders, said

vars == <<now, item, server, flight, cuts, contenders, said>>
View == <<now, item, server, flight, cuts, contenders>>

Nothing == [token |-> "", state |-> "nothing", cas |-> 0]
New == [phase |-> "new", connection |-> 0, cas |-> 0, sampled |-> FALSE, told |-> ""]
Say(text) == said' = text
before ++ after == <<before, after>>  \* of texts; check.py joins them
Become(me, record) == contenders' = [contenders EXCEPT ![me] = record]
Wall(me) == now + IF me \in Fast THEN Apart ELSE 0

Init ==
  /\ now = Begin
  /\ item = Nothing
  /\ server = [number |-> 0, started |-> 0, losses |-> 0, evicted |-> 0, lapsed |-> 0,
               cas |-> 1]
  /\ flight = {}
  /\ cuts = 0
  /\ contenders = [me \in Contenders |-> New]
  /\ said = "nobody has come yet"

(* ---- memcached ------------------------------------------------------------ *)

Written(token, state) ==
  /\ item' = [token |-> token, state |-> state, cas |-> server.cas]
  /\ server' = [server EXCEPT !.cas = @ + 1]

(* What a request would do now: `add`, or a `cas` to running or to nothing.    *)
Holds(request) ==
  CASE request.verb = "add" -> item = Nothing
    [] request.verb = "swap" -> \/ item # Nothing /\ item.cas = request.cas
                                \/ ~SwapsByCas
    [] request.verb = "let go" -> /\ item # Nothing
                                  /\ item.cas = request.cas \/ ~LetsGoByCas

CarryOut(request) ==
  IF ~Holds(request) THEN UNCHANGED <<item, server>>
  ELSE CASE request.verb = "add" -> Written(request.token, "claimed")
         [] request.verb = "swap" -> Written(request.token, "running")
         [] request.verb = "let go" -> item' = Nothing /\ UNCHANGED server

Contended == \E me \in Contenders : contenders[me].phase # "ended"  \* else it is decided

Tick ==
  /\ now < End /\ Contended
  /\ now' = now + 1
  /\ Say("time passes")
  /\ UNCHANGED <<item, server, flight, cuts, contenders>>

Lapse ==  \* a claim lives for Terms.claim_life; nothing rests on how long that is
  /\ item.state = "claimed" /\ server.lapsed < Lapses /\ Contended
  /\ item' = Nothing
  /\ server' = [server EXCEPT !.lapsed = @ + 1]
  /\ Say("the claim of " ++ item.token ++ " lapses")
  /\ UNCHANGED <<now, flight, cuts, contenders>>

Evict ==
  /\ server.evicted < Evictions /\ item # Nothing /\ Contended
  /\ item' = Nothing
  /\ server' = [server EXCEPT !.losses = @ + 1, !.evicted = @ + 1]
  /\ Say("memcached evicts the record of " ++ item.token ++ " (" ++ item.state ++ ")")
  /\ UNCHANGED <<now, flight, cuts, contenders>>

Restart ==
  /\ server.number < Restarts /\ Contended
  /\ item' = Nothing
  /\ server' = [number |-> server.number + 1, started |-> now, losses |-> 0,
                evicted |-> server.evicted, lapsed |-> server.lapsed, cas |-> 1]
  /\ flight' = {}
  /\ Say("memcached restarts, empty")
  /\ UNCHANGED <<now, cuts, contenders>>

Land(request) ==
  /\ Contended
  /\ flight' = flight \ {request}
  /\ CarryOut(request)
  /\ Say("late, memcached " ++ (IF Holds(request) THEN "carries out: " ELSE "refuses: ")
         ++ request.token ++ ", " ++ request.verb)
  /\ UNCHANGED <<now, cuts, contenders>>

(* ---- a contender: claim._contend -------------------------------------------- *)

Connected(me) == contenders[me].connection = server.number \/ ~OneConnection
At(me, phase) == contenders[me].phase = phase /\ Connected(me)
Ended(me, told) == [New EXCEPT !.phase = "ended", !.told = told]
Again == [New EXCEPT !.phase = "look", !.connection = server.number]  \* after a Cut

Doubt(me) ==  \* restart_proof.doubt
  LET age == now - server.started
      since == IF Wall(me) > TickAt THEN Wall(me) - TickAt ELSE 0 IN
  \/ LooksAtUptime /\ age < since + Tolerance
  \/ CountsLosses /\ server.losses # 0

Start(me) ==
  /\ contenders[me].phase = "new" /\ Wall(me) >= TickAt
  /\ Become(me, [Again EXCEPT !.phase = IF SamplesAfterAdd THEN "look" ELSE "sample"])
  /\ Say(me ++ " comes")
  /\ UNCHANGED <<now, item, server, flight, cuts>>

Reconnect(me) ==
  /\ contenders[me].phase \in {"look", "add", "sample", "swap", "let go"} /\ ~Connected(me)
  /\ Become(me, Again)
  /\ Say(me ++ " loses its connection, and begins again")
  /\ UNCHANGED <<now, item, server, flight, cuts>>

Look(me) ==  \* outcome.look, claim._settle, claim._give_way
  LET mine == contenders[me] IN
  /\ At(me, "look")
  /\ CASE item = Nothing ->
            Become(me, [mine EXCEPT !.phase = "add"]) /\ Say(me ++ " finds nothing")
       [] item.token = me /\ item.state = "claimed" ->
            /\ Become(me, [mine EXCEPT !.cas = item.cas,
                             !.phase = IF mine.sampled THEN "swap" ELSE "sample"])
            /\ Say(me ++ " finds its claim")
       [] item.token = me /\ item.state = "running" ->
            Become(me, Ended(me, "won")) /\ Say(me ++ " finds that it runs: won")
       [] item.token # me /\ item.state \in {"running", "done"} ->
            Become(me, Ended(me, "held")) /\ Say(me ++ " finds " ++ item.token ++ ": held")
       [] OTHER -> FALSE  \* another's claim: look again later
  /\ UNCHANGED <<now, item, server, flight, cuts>>

TakeSample(me) ==  \* restart_proof.take_sample, and the deadline
  LET mine == contenders[me] IN
  /\ At(me, "sample")
  /\ \/ /\ Doubt(me)
        /\ Become(me, [mine EXCEPT !.phase = "let go", !.told = "suspect"])
        /\ Say(me ++ " sees that a record may be lost")
     \/ /\ SamplesAfterAdd
        /\ Become(me, [mine EXCEPT !.phase = "let go", !.told = "late"])
        /\ Say(me ++ " sees that it is too late to start")
     \/ /\ ~Doubt(me)
        /\ Become(me, [mine EXCEPT !.sampled = TRUE,
                         !.phase = IF mine.cas = 0 THEN "look" ELSE "swap"])
        /\ Say(me ++ " sees that no record is lost")
  /\ UNCHANGED <<now, item, server, flight, cuts>>

Request(me, verb) == [verb |-> verb, token |-> me, cas |-> contenders[me].cas]

Answered(me, verb) ==
  LET mine == contenders[me]
      holds == Holds(Request(me, verb)) IN
  /\ At(me, verb)
  /\ CarryOut(Request(me, verb))
  /\ CASE verb = "add" ->
            Become(me, IF holds /\ ~SwapsToRunning THEN Ended(me, "won")
                       ELSE [mine EXCEPT !.phase = "look"])
       [] verb = "swap" ->
            Become(me, IF holds THEN Ended(me, "won")
                       ELSE [mine EXCEPT !.phase = "look", !.cas = 0, !.sampled = FALSE])
       [] verb = "let go" -> Become(me, Ended(me, mine.told))
  /\ Say(me ++ ": " ++ verb ++ (IF holds THEN ", done" ELSE ", refused")
         ++ IF holds /\ (verb = "swap" \/ (verb = "add" /\ ~SwapsToRunning)) THEN ": won" ELSE "")
  /\ UNCHANGED <<now, flight, cuts>>

(* The answer is lost; the request is carried out at once, later or never.     *)
Unanswered(me, verb) ==
  /\ At(me, verb) /\ cuts < Cuts
  /\ cuts' = cuts + 1
  /\ flight' = flight \cup {Request(me, verb)}
  /\ Become(me, IF verb = "swap" /\ ~SeenToSucceed THEN Ended(me, "won") ELSE Again)
  /\ Say(me ++ ": " ++ verb ++ ", no answer" ++
         IF verb = "swap" /\ ~SeenToSucceed THEN ": takes it for won" ELSE "")
  /\ UNCHANGED <<now, item, server>>

Finish(me) ==  \* finish._write, where the record is still there
  /\ contenders[me].told = "won" /\ item.token = me /\ item.state = "running"
  /\ IF KeepsRecord THEN Written(me, "done") ELSE item' = Nothing /\ UNCHANGED server
  /\ Say(me ++ " has run" ++ IF KeepsRecord THEN "" ELSE " and deletes its record")
  /\ UNCHANGED <<now, flight, cuts, contenders>>

Next ==
  \/ Tick \/ Lapse \/ Evict \/ Restart
  \/ \E request \in flight : Land(request)
  \/ \E me \in Contenders :
       \/ Start(me) \/ Reconnect(me) \/ Look(me) \/ TakeSample(me) \/ Finish(me)
       \/ \E verb \in {"add", "swap", "let go"} : Answered(me, verb) \/ Unanswered(me, verb)

Spec == Init /\ [][Next]_vars

(* ---- what is proved -------------------------------------------------------- *)

WonOnce == Cardinality({me \in Contenders : contenders[me].told = "won"}) <= 1
=============================================================================
