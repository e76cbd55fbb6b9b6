//! An open link to a child's node: messages out of its bytes, bytes out of messages, over whatever carries it.

mod child;
mod connect;
mod hello;
mod last_words;
mod local;
mod petition;
mod pipes;
mod reader;
mod streams;
mod writer;

pub use child::{ChildLink, FromChild};
pub use connect::{Connector, Target};
pub use hello::{Opened, read_hello};
pub use last_words::LastWords;
pub use local::LocalNodes;
pub use petition::{Granted, Petitioner};
pub use pipes::{Hold, Pipes};
pub use reader::Reader;
pub(crate) use streams::own_streams;
pub use writer::{Outgoing, Queue, Writer, queue};
