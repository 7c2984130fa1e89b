/*
 * Two workers, one run, one database: claims, epochs, appends that are repeated, crashes, pauses, a power cut.
 * A pause is what any interleaving is. See docs/adr/0032-runs-are-held-under-epochs.md.
 *
 * Mutants: NO_EPOCH (an append asks for no epoch), NO_START (a step is begun before its start is recorded), NO_SYNC (a commit is
 * answered before it is durable), RERUN (a step in doubt is run again).
 */
#ifndef STEPS
#define STEPS 1
#endif
#define LIVES 1
#define MOST_EPOCH 3
#define MOST_LOG 6

#define STARTED 1
#define SUCCEEDED 2
#define IN_DOUBT 3
#define COMPLETED 4

byte effects[STEPS];     /* what happened outside */
byte size;               /* records in the log */
byte durable;            /* of these, how many a power cut leaves */
byte kind[MOST_LOG];
byte token[MOST_LOG];    /* who wrote it, in which of its lives */
byte epoch;
bool lapsed = true;      /* whether the lease is over */
bool cut;

/* A statement on its way: it may come late, and twice. */
chan wire = [1] of { byte, byte, byte, byte, byte }; /* worker, token, epoch, place, kind */
chan reply[2] = [1] of { byte, byte, bool };         /* token, place, taken */

inline sync() {
#ifdef NO_SYNC
  skip
#else
  durable = size
#endif
}

proctype Database() {
  byte who, tok, under, at, what;
  bool taken;
end:
  do
  :: atomic {
       wire?who, tok, under, at, what;
       taken = false;
       if
       :: at < size && token[at] == tok && kind[at] == what -> taken = true /* by an earlier try */
       :: else ->
          if
#ifdef NO_EPOCH
          :: at == size && at < MOST_LOG ->
#else
          :: at == size && at < MOST_LOG && under == epoch && !lapsed ->
#endif
             assert(under == epoch); /* nothing of a former owner gets in */
             assert(size == 0 || (kind[size - 1] != IN_DOUBT && kind[size - 1] != COMPLETED)); /* nothing behind the end */
             kind[size] = what; token[size] = tok; size++; sync(); taken = true
          :: else -> skip
          fi
       fi;
       if
       :: nfull(reply[who]) -> reply[who]!tok, at, taken
       :: true -> skip /* the answer is lost */
       fi;
       who = 0; tok = 0; under = 0; at = 0; what = 0; taken = false
     }
#ifdef NO_SYNC
  :: atomic { durable < size -> durable = size }
#endif
  :: atomic { /* one power cut, with all that was on its way */
       !cut -> cut = true; size = durable;
       do :: wire?who, tok, under, at, what :: empty(wire) -> break od;
       who = 0; tok = 0; under = 0; at = 0; what = 0
     }
  od
}

/* A lease runs out at any time, unless it is renewed. */
proctype Leases() {
end:
  do :: !lapsed -> lapsed = true od
}

/* Appends until there is an answer; sets `gone` if the worker died or was fenced. */
inline append(what) {
  tries = 0;
  do
  :: tries < 2 && nfull(wire) -> wire!me, mytoken, mine, at, what; tries++
  :: tries > 0 && reply[me]?[_, _, _] ->
     atomic {
       reply[me]?tok, place, taken;
       if
       :: tok != mytoken || place != at -> skip /* of an earlier one */
       :: else ->
          if
          :: taken -> at++; break
          :: else ->
             if /* a lease that nobody has used is claimed anew */
             :: lapsed && epoch == mine && epoch < MOST_EPOCH && tries < 2 -> epoch++; mine = epoch; lapsed = false
             :: else -> gone = true; break
             fi
          fi
       fi
     }
  :: gone = true; break /* dies */
  od;
  tries = 0; tok = 0; place = 0; taken = false
}

proctype Worker(byte me) {
  byte life, mine, mytoken, at, step, tries, tok, place;
  bool taken, gone;
  do
  :: life == LIVES -> break
  :: life < LIVES ->
     life++;
     gone = false;
     mytoken = me * LIVES + life;
     if
     :: atomic { lapsed && epoch < MOST_EPOCH -> epoch++; mine = epoch; lapsed = false }
     :: break
     fi;
     atomic {
       at = size;
       if
       :: at > 0 && (kind[at - 1] == IN_DOUBT || kind[at - 1] == COMPLETED) -> break
       :: else -> step = at / 2
       fi
     }
     if
#ifndef RERUN
     :: at % 2 == 1 -> append(IN_DOUBT)
#endif
     :: else ->
        do
        :: gone || step == STEPS -> break
        :: else ->
#ifdef NO_START
           effects[step]++; assert(effects[step] <= 1);
           append(STARTED);
#else
#ifdef RERUN
           if :: at % 2 == 0 -> append(STARTED) :: else -> skip fi;
#else
           append(STARTED);
#endif
           if
           :: gone -> break
           :: else -> effects[step]++; assert(effects[step] <= 1)
           fi;
#endif
           if
           :: gone -> break
           :: else -> append(SUCCEEDED)
           fi;
           step++
        od;
        if
        :: gone -> skip
        :: else -> append(COMPLETED)
        fi
     fi
  od
}

init {
  atomic { run Database(); run Leases(); run Worker(0); run Worker(1) }
}
