//! Every limit of mcom in one place, each with its reason.

/// Hosts in one plan. A pattern for more is refused before anything is allocated: it is a typing error far more
/// often than a wish.
pub const HOSTS: u64 = 1_000_000;

/// Children per parent unless `--width` says otherwise: one OpenSSH client costs about 72 ms of CPU, so 32 links
/// are made in about two seconds of one core.
pub const WIDTH: u32 = 32;

/// Payloads running at once per datacenter unless `--fanout` says otherwise; the same figure as pdsh's.
pub const FANOUT: u32 = 32;

/// Milliseconds for one connection to be made; long enough for a SYN retried twice (1 s + 2 s + 4 s).
pub const CONNECT_TIMEOUT_MS: u64 = 10_000;

/// Milliseconds between TERM and KILL.
pub const GRACE_MS: u64 = 10_000;

/// Bytes kept of each stream of each host; more is drained, counted and said.
pub const OUTPUT_CAP: u64 = 64 << 20;

/// The largest control frame's body: a thousand hosts of an assignment fit three times over.
pub const CONTROL_FRAME: usize = 1 << 20;

/// The largest data frame's body: small enough that a heartbeat never waits long behind one.
pub const DATA_FRAME: usize = 64 << 10;

/// Hosts in one frame of an assignment: with three host keys each (an RSA key of 8192 bits among them) they fill a
/// third of a control frame.
pub const HOSTS_PER_FRAME: usize = 128;

/// Bytes of what a parent asks for on behalf of its ssh, and of the answer: twice what the largest keys and
/// certificates in use need.
pub const ASK_FRAME: usize = 32 << 10;

/// Logins that are signed for one edge between a parent and a child: one try, and one reconnect.
pub const GRANTS_PER_EDGE: u32 = 2;

/// Logins on one host that are signed below one link, whoever of the hosts there makes them: a parent that is replaced has
/// a try and a reconnect of its own, and so have two more.
pub const GRANTS_PER_HOST: u32 = 6;

/// What a link may ask for, for each host below it: four edges of two tries. More is no login but a flood.
pub const ASKS_PER_HOST: u32 = 8;

/// Milliseconds for what the time-out of a connection does not count: authentication, and a name service that is slow to
/// answer.
pub const LOGIN_MS: u64 = 30_000;

/// Public keys that a parent offers to a child: sshd hangs up after six that do not fit (MaxAuthTries).
pub const IDENTITIES: usize = 5;

/// Bytes of one blob (a script, standard input) that travel inside the control tree.
pub const BLOB: u64 = 1 << 20;

/// Bytes of a command given with `-c` or after `--`: Linux takes no longer single argument (`MAX_ARG_STRLEN`).
pub const COMMAND: u64 = 128 << 10;

/// Bodies up to this size travel up with the outcome, without being asked for: a round trip costs more.
pub const BODY_INLINE: u64 = 8 << 10;

/// Bytes of live output that a host may send before the coordinator has granted anything; less in a run on so many
/// hosts that all of them together would send more than [`OUTPUT_IN_FLIGHT`].
pub const LIVE_INITIAL_CREDIT: u64 = 16 << 10;

/// Output bytes that the coordinator has granted and not yet received, over all hosts: bounds every queue in the tree.
pub const OUTPUT_IN_FLIGHT: u64 = 8 << 20;

/// Output bytes granted to one host at a time.
pub const OUTPUT_GRANT: u64 = 1 << 20;

/// Milliseconds without any of the output that hosts were let send, after which the rest of it is given up: a disk
/// that is so slow is broken, and a run must not wait for it for ever.
pub const OUTPUT_STALLED_MS: u64 = 120_000;

/// What may be said over a link about each host below it: an honest parent says that it is linked, runs and ends, a few
/// dozen times where everything is lost that can be. Of long output it may speak beyond that.
pub const WORDS_PER_HOST: u64 = 512;

/// Candidates for a parent that are tried in one wave at most; waves double from one.
pub const CANDIDATE_WAVE: usize = 16;

/// Candidates for the parent of one group that are tried at most: where so many hosts of a datacenter cannot be
/// reached, the way there is broken, and trying thousands more would only hide it.
pub const CANDIDATES: usize = 64;

/// Links that one node opens at once: a connection in the making costs a process and CPU on both ends, so more of
/// them only make each slower, until they run into their time-outs together.
pub const LINKS_OPENING: usize = 64;

/// Milliseconds of silence after which a link is asked whether it lives.
pub const HEARTBEAT_MS: u64 = 5_000;

/// Milliseconds of silence after which a link is dead: two answers were lost.
pub const LINK_DEAD_MS: u64 = 15_000;

/// Milliseconds that a new node waits for its assignment: its parent may be busy with a thousand other links.
pub const ASSIGNMENT_MS: u64 = 60_000;

/// Milliseconds for which a host whose link was lost is asked again before its state is called unknown: a switch that
/// restarts, or a parent that is replaced, is back by then.
pub const ASK_MS: u64 = 30_000;

/// Payloads running at once per datacenter when a run begins; each host that ends ok makes room for one more, until
/// the fan-out is reached, so a payload that does harm does it on few hosts at first.
pub const SLOW_START: u32 = 8;

/// Links to a group's parents that may be lost before its hosts are no longer asked in this run: a parent that dies
/// as soon as it has work takes no datacenter with it for ever.
pub const PARENTS_LOST: u32 = 8;

/// Attempts of one run on one host: each is given up before its start, by a node that died between claim and start.
pub const ATTEMPTS: u32 = 16;

/// Milliseconds that a cancel has beyond the grace, for the word to travel down and the receipts to travel up.
pub const CANCEL_TRAVEL_MS: u64 = 5_000;

/// Bytes of a reason's text: what ssh says in one line, and no more of what a hostile host says.
pub const REASON_BYTES: usize = 400;

/// Bytes of the line that a payload leaves in `$MCOM_RESULT`.
pub const RESULT_BYTES: usize = 200;

/// Bytes of a word that a host has for itself: a boot id has 36.
pub const WORD_BYTES: usize = 64;

/// Length of a host's name: the longest DNS name.
pub const HOST_NAME_BYTES: usize = 253;

/// Levels of a tree: 32 children at each of eight levels are a trillion hosts, so more is a mistake.
pub const LEVELS: u32 = 8;
