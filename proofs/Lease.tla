------------------------------- MODULE Lease -------------------------------
(* One operation on one subject: its worker, and settlers that take it over.  *)
(* README.md says what each name is in the code and what is left out.         *)
(* A time is an instant on S3's clock; `said` tells a step to a reader and is *)
(* no part of the state (see View).                                           *)
EXTENDS Integers, FiniteSets

CONSTANTS
  Paths,              \* what the root holds
  Settlers,           \* who may settle the operation: a set of strings
  TakeOver,           \* those of them that were told --take-over
  Seconds,            \* HeldLease.seconds
  Slack,              \* SLACK_SECONDS
  Cut,                \* by how much S3's Date may be behind
  Signed,             \* SIGNED_SECONDS
  LookAge,            \* LOOK_AGE_SECONDS
  Settling,           \* SETTLING_SECONDS
  S3Takes,            \* what S3 really needs for a write that it took
  Losses,             \* how many sendings get no answer
  End,                \* the last instant
  Foreign,            \* whether a foreign hand writes once, too
  \* The guards; FALSE leaves one out.
  SwapsFoundHead,     \* a take-over swaps the very head that was waited for
  SwapsByETag,        \* heads are written by compare-and-swap
  WaitsForNotice,     \* the pause between a take-over and the first reading
  SignatureExpires,   \* S3 refuses a write after its expiry
  LooksFirst,         \* no write is signed without a young look at the head
  LeaseEndsWrites,    \* no write is signed that could outlast the lease
  NamesWhatStood,     \* a write is conditional on what was read in its place
  ComparesRoot,       \* who took over compares the whole root before it closes
  SettlesWrites,      \* nobody closes before what had no answer has expired
  CountsSettling,     \* ... and before S3 can have finished it
  ReleasesLate,       \* a lease is given back only for when that has expired
  ReleasesQuiet       \* ... and when the notice is over

VARIABLES now, head, root, flight, lost, closed, wrong, expected, unread, workers, said

vars == <<now, head, root, flight, lost, closed, wrong, expected, unread, workers, said>>
View == <<now, head, root, flight, lost, closed, wrong, expected, unread, workers>>

Worker == "worker"
All == Settlers \cup {Worker}
Before == "A"
After == "B"
Stranger == "X"
None == "none"
Forward == "forward"
Back == "back"
Way == [one \in All |-> IF one = "reverse" THEN Back ELSE Forward]
Goal(direction) == IF direction = Forward THEN After ELSE Before
Status(direction) == IF direction = Forward THEN "done" ELSE "reversed"
Max(a, b) == IF a > b THEN a ELSE b
Min(a, b) == IF a < b THEN a ELSE b
Never == 0  \* an instant that is always past
Say(text) == said' = text
before ++ after == <<before, after>>  \* of texts; check.py joins them

Closed(serial) ==
  [open |-> FALSE, holder |-> None, expires |-> Never, direction |-> None, serial |-> serial]
Idle == [phase |-> "idle", head |-> Closed(0), deadline |-> 0, looked |-> 0, quiet |-> 0,
         unanswered |-> Never, todo |-> {}, stood |-> [p \in Paths |-> None]]
Stopped == [Idle EXCEPT !.phase = "stopped"]

Become(one, record) == workers' = [workers EXCEPT ![one] = record]
Instants == {now + Seconds - cut : cut \in 0 .. Cut}  \* what `_lease` may write as `expires`

Init ==
  /\ now = 0
  /\ \E expires \in Instants :
       head = [open |-> TRUE, holder |-> Worker, expires |-> expires, direction |-> Forward,
               serial |-> 0]
  /\ root = [p \in Paths |-> Before]
  /\ flight = {}
  /\ lost = 0
  /\ closed = {}
  /\ wrong = FALSE
  /\ expected = None
  /\ unread = None
  /\ workers = [one \in All |-> IF one # Worker THEN Idle ELSE
       [Idle EXCEPT !.phase = "working", !.head = head, !.deadline = Seconds - Slack,
                    !.todo = Paths, !.stood = [p \in Paths |-> Before]]]
  /\ said = "the worker opens the operation"

(* ---- time, S3 and others ------------------------------------------------- *)

Lands(request) == now < request.expires + S3Takes

Tick ==
  /\ now < End
  /\ head.open \/ flight # {}  \* else nothing can happen any more
  /\ now' = now + 1
  /\ flight' = {r \in flight : now + 1 < r.expires + S3Takes}
  /\ Say("time passes")
  /\ UNCHANGED <<head, root, lost, closed, wrong, expected, unread, workers>>

Put(path, content, stood) ==
  /\ root' = [root EXCEPT ![path] = content]
  /\ unread' = IF root[path] = Stranger /\ stood # Stranger THEN "overwritten" ELSE unread

Land(request) ==
  /\ Lands(request)
  /\ flight' = flight \ {request}
  /\ IF NamesWhatStood /\ root[request.path] # request.stood
       THEN /\ UNCHANGED <<root, unread>>
            /\ Say("S3 refuses a late write: something else stands there")
       ELSE /\ Put(request.path, request.brings, request.stood)
            /\ Say("a late write of " ++ request.by ++ " lands: " ++ request.stood ++ " -> "
                   ++ request.brings)
  /\ UNCHANGED <<now, head, lost, closed, wrong, expected, workers>>

ForeignWrite(path) ==
  /\ Foreign /\ unread = None /\ head.open
  /\ root' = [root EXCEPT ![path] = Stranger]
  /\ unread' = "written"
  /\ Say("a foreign hand writes X")
  /\ UNCHANGED <<now, head, flight, lost, closed, wrong, expected, workers>>

(* Another operation, whole and in one step, brings what was there before.    *)
LaterOperation ==
  /\ ~head.open /\ head.serial = 1 /\ ~Foreign
  /\ head' = Closed(2)
  /\ expected' = IF expected = After THEN Before ELSE After
  /\ root' = [p \in Paths |-> expected']
  /\ Say("the next operation puts " ++ expected' ++ " into the root, and ends")
  /\ UNCHANGED <<now, flight, lost, closed, wrong, unread, workers>>

(* ---- HeldLease: looking, renewing, giving back --------------------------- *)

Mine(one) == head = workers[one].head
Working(one) == workers[one].phase = "working"

Check(one) ==  \* HeldLease.check
  LET me == workers[one] IN
  /\ Working(one) /\ me.todo # {} /\ me.looked < now
  /\ IF ~Mine(one) THEN
       /\ Become(one, Stopped)
       /\ Say(one ++ " sees that it lost the operation, and stops")
       /\ UNCHANGED head
     ELSE IF now > me.deadline - (Seconds * 2) \div 3 THEN
       \E expires \in Instants :
         /\ head' = [head EXCEPT !.expires = expires]
         /\ Become(one, [me EXCEPT !.head = head', !.looked = now,
                                   !.deadline = now + Seconds - Slack])
         /\ Say(one ++ " extends its lease")
     ELSE
       /\ Become(one, [me EXCEPT !.looked = now])
       /\ Say(one ++ " looks at the head: it is its own")
       /\ UNCHANGED head
  /\ UNCHANGED <<now, root, flight, lost, closed, wrong, expected, unread>>

Release(one) ==  \* HeldLease.release, when anything fails
  LET me == workers[one]
      late == Max(IF ReleasesLate THEN me.unanswered ELSE Never,
                  IF ReleasesQuiet THEN me.quiet ELSE Never)
      counts == late > now \/ CountsSettling IN
  /\ me.phase \in {"quiet", "working", "refused"}
  /\ Become(one, Stopped)
  /\ IF Mine(one)
       THEN /\ head' = [head EXCEPT !.expires = IF counts THEN late ELSE Never]
            /\ Say(one ++ " fails and gives its lease back")
       ELSE /\ UNCHANGED head
            /\ Say(one ++ " fails, and finds that it lost the operation")
  /\ UNCHANGED <<now, root, flight, lost, closed, wrong, expected, unread>>

(* ---- HeldLease.writing, and what S3 does with it -------------------------- *)

MaySign(one) ==  \* HeldLease._must_have(SIGNED_SECONDS)
  LET me == workers[one] IN
  /\ Working(one)
  /\ LooksFirst => now <= me.looked + LookAge
  /\ LeaseEndsWrites => now + Signed <= me.deadline

Write(one, path) ==  \* it lands at once, and the answer comes
  LET me == workers[one]
      goal == Goal(Way[one]) IN
  /\ MaySign(one) /\ path \in me.todo
  /\ IF NamesWhatStood /\ root[path] \notin {me.stood[path], goal}
       THEN /\ workers' = [workers EXCEPT ![one].phase = "refused"]
            /\ UNCHANGED <<root, unread>>
            /\ Say("S3 refuses a write of " ++ one ++ ": something else stands there")
       ELSE /\ Put(path, goal, me.stood[path])
            /\ Become(one, [me EXCEPT !.todo = @ \ {path}])
            /\ Say(one ++ " writes: " ++ root[path] ++ " -> " ++ goal)
  /\ UNCHANGED <<now, head, flight, lost, closed, wrong, expected>>

WriteUnanswered(one, path) ==  \* it lands later or never; the sender may send it again
  LET me == workers[one]
      expires == now + Signed IN
  /\ lost < Losses /\ MaySign(one) /\ path \in me.todo
  /\ lost' = lost + 1
  /\ flight' = flight \cup {[path |-> path, stood |-> me.stood[path], brings |-> Goal(Way[one]),
       expires |-> IF SignatureExpires THEN expires ELSE 10 * End, by |-> one]}
  /\ Become(one, [me EXCEPT !.unanswered = Max(@, expires)])
  /\ Say(one ++ " sends a write (" ++ me.stood[path] ++ " -> " ++ Goal(Way[one])
         ++ ") and gets no answer")
  /\ UNCHANGED <<now, head, root, closed, wrong, expected, unread>>

(* ---- settle --------------------------------------------------------------- *)

Waited(one) ==  \* settle._waited
  /\ one \in Settlers /\ workers[one].phase = "idle" /\ head.open
  /\ one \in TakeOver \/ head.expires <= now
  /\ Become(one, [Idle EXCEPT !.phase = "waited", !.head = head])
  /\ Say(one ++ IF head.expires <= now THEN " sees that the lease of " ++ head.holder ++ " lapsed"
                ELSE " (--take-over) reads the head of " ++ head.holder)
  /\ UNCHANGED <<now, head, root, flight, lost, closed, wrong, expected, unread>>

NoticeSeconds(lease) ==  \* lease.notice_seconds
  Max(0, Min(lease, now + LookAge + Signed) - now + Settling)

Taken(one) ==  \* HeldLease.take_over
  LET me == workers[one] IN
  /\ me.phase = "waited"
  /\ IF SwapsFoundHead /\ head # me.head THEN
       /\ Become(one, Idle)
       /\ Say(one ++ " finds another head than it waited for")
       /\ UNCHANGED head
     ELSE \E expires \in Instants :
       /\ head' = [open |-> TRUE, holder |-> one, expires |-> expires, direction |-> Way[one],
                   serial |-> head.serial]
       /\ Become(one, [Idle EXCEPT !.phase = "quiet", !.head = head', !.looked = now,
            !.deadline = now + Seconds - Slack,
            !.quiet = IF head.open THEN now + NoticeSeconds(head.expires) ELSE Never])
       /\ Say(one ++ IF head.open THEN " takes over from " ++ head.holder
                     ELSE " opens the closed operation again")
  /\ UNCHANGED <<now, root, flight, lost, closed, wrong, expected, unread>>

Planned(one) ==  \* settle._part, after the pause: what stands there, and what is left to do
  LET me == workers[one] IN
  /\ me.phase = "quiet"
  /\ WaitsForNotice => now >= me.quiet
  /\ Become(one, [me EXCEPT !.phase = "working", !.stood = root,
                            !.todo = {p \in Paths : root[p] # Goal(Way[one])}])
  /\ unread' = IF unread = "written" THEN "read" ELSE unread
  /\ Say(one ++ " reads the root" ++
         IF now < me.quiet THEN " (without waiting)" ELSE "")
  /\ UNCHANGED <<now, head, root, flight, lost, closed, wrong, expected>>

SettledWrites(one) ==  \* HeldLease.settle_writes
  LET unanswered == workers[one].unanswered IN
  \/ unanswered = Never
  \/ ~SettlesWrites
  \/ now >= unanswered + Settling
  \/ ~CountsSettling /\ now >= unanswered

Close(one) ==  \* SiteParticipant._verify and HeldLease.close
  LET goal == Goal(Way[one]) IN
  /\ Working(one) /\ workers[one].todo = {} /\ SettledWrites(one)
  /\ IF ComparesRoot /\ one # Worker /\ \E p \in Paths : root[p] # goal THEN
       /\ workers' = [workers EXCEPT ![one].phase = "refused"]
       /\ Say(one ++ " finds the root not as it left it")
       /\ UNCHANGED <<head, closed, wrong, expected>>
     ELSE IF SwapsByETag /\ ~Mine(one) THEN
       /\ Become(one, Stopped)
       /\ Say(one ++ " cannot close: it lost the operation")
       /\ UNCHANGED <<head, closed, wrong, expected>>
     ELSE
       /\ head' = Closed(head.serial + 1)
       /\ closed' = closed \cup {Status(Way[one])}
       /\ expected' = goal
       /\ wrong' = (wrong \/ \E p \in Paths : root[p] # goal)
       /\ Become(one, Stopped)
       /\ Say(one ++ " closes the operation as " ++ Status(Way[one]))
  /\ UNCHANGED <<now, root, flight, lost, unread>>

Next ==
  \/ Tick
  \/ LaterOperation
  \/ \E request \in flight : Land(request)
  \/ \E path \in Paths : ForeignWrite(path)
  \/ \E one \in All :
       \/ Check(one) \/ Release(one) \/ Close(one)
       \/ Waited(one) \/ Taken(one) \/ Planned(one)
       \/ \E path \in Paths : Write(one, path) \/ WriteUnanswered(one, path)

Spec == Init /\ [][Next]_vars

(* ---- what is proved -------------------------------------------------------- *)

OneDirection == Cardinality(closed) <= 1
RootStays == expected # None => \A p \in Paths : root[p] = expected
ClosesRight == ~wrong
ForeignKept == unread # "overwritten"
=============================================================================
