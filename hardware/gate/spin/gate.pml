/* The gate line: host, line, controller and the world around them.  § is a section of ../PROTOCOL.md, G1 … G15 are the
   promises of README.md.  One tick is 250 ms; every event is one atomic step and everything else may come between. */

#ifndef SLOTS
#define SLOTS 2       /* frames the line or an attacker holds at once, each to be delivered never, late, twice, in any order */
#endif
#ifndef DECISIONS
#define DECISIONS 2   /* grants the host ever gives */
#endif
#ifndef OPEN
#define OPEN 6        /* §4.5, longest opening */
#endif
#ifndef LEASE
#define LEASE 2       /* §3 */
#endif
#define POLL_AGE 4    /* §4.3, 1.0 s */
#define SILENCE 4     /* §4.7, 1.0 s */
#define TRAVEL 2      /* from closed over moving to open */
#define CALM 1        /* §4.6, no closing so long after presence */
#define FEEDBACK 1    /* §7, more than 300 ms is more than one tick */

/* Which parts of the world move: RESETS, LANE (presence), FIRE, BUTTON, RELAY, SENSORS, SERVICE; FAILSAFE is the strap. */
#ifdef SERVICE
#define COMMISSIONED 0
#else
#define COMMISSIONED 1
#endif
#ifndef FAILSAFE
#define FAILSAFE 0
#endif
#ifndef MUTANT
#define MUTANT 0      /* a seeded defect, README.md */
#endif
#ifndef WITNESS
#define WITNESS 0     /* a thing that must be able to happen, README.md */
#endif
#define BUG(n) (MUTANT == n)
#define UP_TO(most, x) x = (x < (most) -> x + 1 : x)
#define ALL(i) i : 0 .. SLOTS - 1

#define CLOSED 0      /* the leaf, as its contacts say */
#define MOVING 1
#define AJAR 2        /* fully open */
#define WANT 1        /* kinds of frame; 0 is an empty slot */
#define RESET 2
#define COMMISSION 3
#define STUCK 1       /* the relay: stays energised */
#define DEAD 2        /* never energises */

typedef Frame {       /* an authentic frame of the host, in the hands of whoever has the line */
  unsigned kind : 2;
  unsigned start : 2; unsigned session : 2;  /* its epoch, §3 */
  unsigned seq : 2;   /* how far above the last sequence obeyed; 0 does not rise */
  unsigned age : 3;   /* of the poll it answers */
  unsigned grant : 2;
  bool live           /* truth: of the controller's present epoch */
}
Frame f[SLOTS];

/* the host: what it knows, and its disk */
unsigned stage : 2;   /* 0 nothing, 1 Hello sent, 2 Welcome on its way, 3 in session */
unsigned hstart : 2; unsigned hsession : 2; bool hlive;
unsigned hage : 3;    /* of the newest poll heard */
unsigned wish : 2;    /* grant number of the decision at hand */
unsigned disk : 2;    /* highest grant number that fsync has returned for */

/* the controller: EEPROM, then what a reset loses */
unsigned memory : 2;  /* §9, number of the last start written */
bool emergency, fault, commissioned = COMMISSIONED;
bool up = 1, written = 1;
unsigned start : 2; unsigned session : 2;
bool safe = 1, drive, service, shut = 1;
unsigned held : 2; unsigned last : 2;
unsigned silence : 3; unsigned lease : 3; unsigned opened : 5; unsigned closing : 2; unsigned wrong : 2;

/* the world */
unsigned leaf : 2; unsigned presence : 2 /* 2: channels contradict */; unsigned calm : 1 = CALM; unsigned relay : 2;
bool fire, button, switch_on;

/* truth, kept beside the controller's own notes: only assertions read it */
bool met;                      /* a Hello since the last start or silence */
bool owed, latched;            /* an emergency, a fault that nobody at the gate has ended */
unsigned quiet : 3;            /* since a Want that deserved to be obeyed */
unsigned since : 5;            /* since the leaf was told to open */
unsigned kept : 3;             /* since the held grant was repeated */
bool spent[DECISIONS + 1];     /* decisions that opened */
bool G1 = 1, G2 = 1, G3 = 1, G4 = 1, G5 = 1, G6 = 1, G7 = 1, G8 = 1, G11 = 1, G15 = 1, GRANTS = 1, LEASES = 1, SEEN = 1;
bool before, granted, reopened, fair, green; unsigned j : 3; unsigned r : 3;   /* scratch, zero between events */

#define EFFECT (relay == STUCK || (relay != DEAD && drive))
#define CLEAR ((presence == 0 && calm >= CALM) || BUG(15) || (BUG(16) && presence == 2))

/* Numbers never come twice (§3), so the model may forget what bears the next one: it is at least two starts, three
   sessions old, and as dead as those remembered. */
inline forget(n, any, s) {
  for (ALL(j)) {
    if :: f[j].start == n && (any || f[j].session == s) ->
         f[j].kind = 0; f[j].start = 0; f[j].session = 0; f[j].seq = 0; f[j].age = 0; f[j].grant = 0; f[j].live = 0
       :: else fi
  }
  if :: stage >= 2 && hstart == n && (any || hsession == s) -> stage = 0; wish = 0; hstart = 0; hsession = 0; hage = 0
     :: else fi
}
inline void_all() {            /* truth: whatever is under way belongs to the past */
  for (ALL(j)) { f[j].live = 0; f[j].seq = (f[j].kind -> 1 : 0) }
  hlive = 0; met = 0; quiet = 0
}
inline new_session() { session = (session + 1) % 4; forget(start, 0, (session + 1) % 4) }
inline clean() { before = 0; granted = 0; reopened = 0; fair = 0; green = 0; j = 0; r = 0 }
inline begin() { before = drive; granted = 0; reopened = 0 }

inline take_grant(n) {         /* §4.4, of frame n, which has been obeyed */
  if
  :: f[n].grant == 0 -> held = 0
  :: f[n].grant != 0 && f[n].grant == held ->
       lease = 0; kept = (fair -> 0 : kept);
       if :: BUG(20) -> opened = 0 :: else fi
  :: f[n].grant != 0 && f[n].grant != held && (f[n].grant > last || BUG(8)) && (leaf == CLOSED || BUG(30)) &&
     (!fault || BUG(31)) && (!emergency || BUG(32)) && (!service || BUG(28)) && (commissioned || BUG(35)) ->
       held = f[n].grant; last = held; lease = 0; kept = 0; opened = 0; since = 0; drive = 1; granted = 1;
       G1 = fair; assert(G1);
       G2 = !spent[held]; assert(G2); spent[held] = 1;
       G8 = !latched; assert(G8);
       GRANTS = (leaf == CLOSED && !owed && !service && commissioned); assert(GRANTS)
  :: else -> skip              /* refused */
  fi
}
inline take_service(n) {       /* §5 */
  if
  :: f[n].kind == RESET && (service || BUG(29)) && wrong == 0 && presence != 2 && (drive || leaf == CLOSED) ->
       fault = 0; latched = (fair && service -> 0 : latched)
  :: f[n].kind == COMMISSION && service -> commissioned = 1
  :: else -> skip
  fi
}
inline take(n) {               /* §4.3: a frame arrives */
  fair = (f[n].live && f[n].seq > 0 && f[n].age <= POLL_AGE);
  if
  :: up && (f[n].start == start && f[n].session == session || BUG(3)) && (f[n].seq > 0 || BUG(2)) &&
     (f[n].age <= POLL_AGE || BUG(1)) ->
       silence = 0; safe = 0; r = f[n].seq;
       quiet = (fair -> 0 : quiet);
       for (ALL(j)) { if :: f[j].live -> f[j].seq = (f[j].seq > r -> f[j].seq - r : 0) :: else fi }
       if :: f[n].kind == WANT -> take_grant(n) :: else -> take_service(n) fi
  :: else -> silence = (BUG(22) -> 0 : silence)
  fi
}

inline settle() {              /* what the controller does by itself after every event, and what must then hold */
  if
  :: up ->
    emergency = (fire -> 1 : (BUG(13) -> 0 : emergency));                                              /* §4.8 */
    held = ((safe || (fault && !BUG(25))) -> 0 : held);                                                /* §4.7, §7 */
    if
    :: emergency && !(BUG(14) && fault) || button || held -> drive = 1                                 /* §4.5, 8, 9 */
    :: else ->
       if
       :: drive && CLEAR -> drive = 0; closing = 0; shut = (leaf == CLOSED);                                    /* §4.6 */
            G7 = (presence == 0 && calm >= CALM); assert(G7)
       :: !drive && presence && leaf != CLOSED && (!shut && closing < TRAVEL || BUG(34)) && !BUG(17) ->
            drive = 1; reopened = !shut
       :: else -> skip
       fi
    fi;
    if :: drive && !before && !granted -> opened = 0; since = 0 :: else fi
  :: else -> skip
  fi;
  owed = (up && fire -> 1 : owed);
  green = up && (held || BUG(23)) && (leaf == AJAR || BUG(24)) && !emergency && !fault && !safe;      /* §4.10 */
  check()
}
inline check() {
  G1 = (!drive || before || !up || granted || emergency || button || reopened); assert(G1);
  G3 = (!drive || !up || owed || button || presence || calm < CALM || since <= OPEN); assert(G3);
  G4 = (!owed || !up || drive); assert(G4);
  G5 = (safe || (met && quiet < SILENCE)); assert(G5);
  G6 = (up || drive == FAILSAFE); assert(G6);
  G7 = (drive || !up || !presence || shut || closing >= TRAVEL); assert(G7);
  G8 = (!up || ((!latched || (fault && !held)) && (wrong <= FEEDBACK || fault))); assert(G8);
  LEASES = (!held || kept <= LEASE); assert(LEASES);
  G15 = (!green || (leaf == AJAR && held && kept <= LEASE && !owed && !latched)); assert(G15);
  SEEN = !( (WITNESS == 1 && granted && held == DECISIONS) || (WITNESS == 2 && green) ||
    (WITNESS == 3 && green && memory == 2) || (WITNESS == 4 && reopened) ||
    (WITNESS == 5 && held && opened == OPEN - 1) || (WITNESS == 6 && !drive && before && since > OPEN) ||
    (WITNESS == 7 && safe && leaf == AJAR && last && !met && up && !emergency) ||
    (WITNESS == 8 && emergency && !fire && memory == 2 && leaf == AJAR) ||
    (WITNESS == 9 && fault && memory == 2) || (WITNESS == 10 && granted && before) ||
    (WITNESS == 11 && f[0].live && f[0].seq == 0 && f[0].grant && held && f[0].grant < held) );
  assert(SEEN);
  clean()
}

/* the host: decides, writes, sends, forgets everything but its disk when it crashes and starts anew */
inline send(n, k) {
  r = (f[n].live -> f[n].seq : 0);
  f[n].live = 0;
  for (ALL(j)) { if :: f[j].live && r && f[j].seq > r -> f[j].seq-- :: else fi }  /* only the order counts */
  r = 0;
  for (ALL(j)) { if :: f[j].live && f[j].seq > r -> r = f[j].seq :: else fi }
  f[n].kind = k; f[n].start = hstart; f[n].session = hsession; f[n].age = hage; f[n].live = hlive;
  f[n].seq = (hlive -> r + 1 : 1);
  f[n].grant = ((k == WANT && (disk >= wish || BUG(9))) -> wish : 0);
  G11 = (f[n].grant <= disk); assert(G11);
  clean()
}
inline leave() { stage = 0; hstart = 0; hsession = 0; hage = 0; hlive = 0 }

active proctype Host() {
  do
  :: d_step { stage == 3 && wish == 0 && (disk < DECISIONS || BUG(10)) ->                             /* decides */
       wish = (BUG(10) && disk -> disk : disk + 1) }
  :: d_step { wish > disk -> disk = wish }                                                            /* fsync returns */
  :: d_step { wish -> wish = 0 }                                                                      /* withdraws */
  :: d_step { stage == 3 -> send(0, WANT) }
#if SLOTS > 1
  :: d_step { stage == 3 -> send(1, WANT) }
#endif
#if SLOTS > 2
  :: d_step { stage == 3 -> send(2, WANT) }
#endif
#ifdef SERVICE
  :: d_step { stage == 3 -> send(0, RESET) }
  :: d_step { stage == 3 -> send(0, COMMISSION) }
#endif
  :: d_step { stage == 3 && hlive && up -> hage = 0 }                                                 /* hears a Status */
  :: d_step { stage == 2 -> stage = 3 }                                                               /* hears the Welcome */
  :: d_step { stage != 1 -> leave(); stage = 1; wish = (BUG(11) -> wish : 0) }                        /* Hello */
  :: d_step { stage || wish -> leave(); wish = 0 }                                /* crash, restart */
  od
}

/* the line: delivers what it holds; an attacker owns as many Hellos of former days as he likes */
inline hello() {
  begin(); held = 0; safe = 1; silence = 0;
  void_all(); met = 1;
  if :: !BUG(5) -> new_session() :: else fi
}
active proctype Line() {
  do
  :: d_step { f[0].kind -> begin(); take(0); settle() }
#if SLOTS > 1
  :: d_step { f[1].kind -> begin(); take(1); settle() }
#endif
#if SLOTS > 2
  :: d_step { f[2].kind -> begin(); take(2); settle() }
#endif
  :: d_step { up && (written || BUG(7)) && (stage == 1 || stage == 2) -> hello();                     /* §4.2 */
       stage = 2; hstart = start; hsession = session; hage = 0; hlive = 1; settle() }
  :: d_step { up && (written || BUG(7)) -> hello(); settle() }
  od
}

#ifdef RESETS
active proctype Power() {      /* §4.1, §8: the relay falls off, RAM is lost, and only then does the controller start again */
  do
  :: d_step { up -> begin(); up = 0; written = 0; start = 0; session = 0; safe = 1; held = (BUG(36) -> held : 0); last = 0;
       silence = 0; lease = 0; opened = 0; since = 0; closing = 0; wrong = 0; kept = 0; service = 0; shut = 0; drive = FAILSAFE;
       emergency = (BUG(12) -> 0 : emergency); fault = (BUG(26) -> 0 : fault);
       void_all(); settle() }
  :: d_step { !up -> drive = 0; begin(); up = 1; start = (memory + 1) % 3; safe = !BUG(33); shut = (leaf == CLOSED);
       G6 = (safe && !held); assert(G6); settle() }
  :: d_step { up && !written -> written = 1;
       if :: !BUG(6) -> memory = start; forget((start + 1) % 3, 1, 0); clean() :: else fi }
  od
}
#endif

inline sense_faults() {        /* §7 */
  wrong = (EFFECT != drive -> (wrong < 3 -> wrong + 1 : wrong) : 0);
  if
  :: (wrong > FEEDBACK && !BUG(27)) || presence == 2 || (drive && opened >= TRAVEL && leaf != AJAR) ||
     (!drive && leaf != CLOSED && (shut || (closing >= TRAVEL && presence == 0))) -> fault = 1; latched = 1
  :: else -> skip
  fi
}
inline timers() {
  if
  :: !safe -> silence++; quiet++;                                                                      /* §4.7 */
       if :: silence >= SILENCE && !BUG(21) -> safe = 1; held = 0; silence = 0; void_all();
               if :: !BUG(4) -> new_session() :: else fi
          :: else fi
  :: else -> skip
  fi;
  if
  :: drive -> UP_TO(OPEN + 1, opened); UP_TO(OPEN + 1, since);                                         /* §4.5 */
       if :: held -> lease++; kept++ :: else fi;
       held = ((opened >= OPEN && !BUG(19)) || (lease >= LEASE && !BUG(18)) -> 0 : held)
  :: else -> UP_TO(TRAVEL, closing)
  fi;
  if :: !held -> lease = 0; kept = 0 :: else fi
}
inline tick() {
  begin();
  for (ALL(j)) { if :: f[j].kind -> UP_TO(POLL_AGE + 1, f[j].age) :: else fi }
  if :: stage >= 2 -> UP_TO(POLL_AGE + 1, hage) :: else fi;
  if :: up -> sense_faults() :: else fi;
  leaf = (EFFECT -> (leaf < AJAR -> leaf + 1 : leaf) : (leaf > CLOSED -> leaf - 1 : leaf));
  shut = (up && !drive && (shut || leaf == CLOSED));
  calm = (presence -> 0 : CALM);
  if :: up -> timers() :: else fi;
  settle()
}
active proctype World() {
  do
  :: d_step { tick() }
#ifdef LANE
  :: d_step { presence != 1 -> begin(); presence = 1; calm = 0; settle() }
  :: d_step { presence -> begin(); presence = 0; settle() }
#endif
#ifdef FIRE
  :: d_step { begin(); fire = !fire; settle() }
#endif
#ifdef BUTTON
  :: d_step { begin(); button = !button; settle() }
#endif
#if defined(SERVICE) || defined(FIRE)
  :: d_step { !switch_on -> begin(); switch_on = 1; service = up;                                     /* §4.8, §5 */
       if :: up && !fire -> emergency = 0; owed = 0 :: else fi; settle() }
  :: d_step { switch_on -> begin(); switch_on = 0; service = 0; settle() }
  :: d_step { service -> service = 0 }                                                                /* after 10 minutes */
#endif
#ifdef RELAY
  :: d_step { relay == 0 -> relay = STUCK }
  :: d_step { relay == 0 -> relay = DEAD }
  :: d_step { relay -> relay = 0 }
#endif
#ifdef SENSORS
  :: d_step { leaf == CLOSED && !drive -> leaf = MOVING }                                             /* forced */
  :: d_step { presence != 2 -> begin(); presence = 2; calm = 0; settle() }
  :: d_step { presence == 2 -> begin(); presence = 0; settle() }
#endif
  od
}
