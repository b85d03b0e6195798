//! What can be set when a store is opened. The defaults are for production; tests make generations tiny.

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Reading and writing.
    #[default]
    Write,
    /// Reading only, by the process that has the folder: every change is refused as unavailable.
    Read,
    /// Reading only, as it was when it was opened, beside a process that may write meanwhile.
    Beside,
}

/// Settings of one store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The LRS's name: the label `lrs` of this store's metrics.
    pub lrs: String,
    /// What it is opened for.
    pub access: Access,
    /// A generation of the index is sealed when it holds so many statements. At most three generations are in memory.
    pub generation_statements_max: u32,
    /// Or when it holds so many index entries, so that statements with huge groups cannot fill the memory.
    pub generation_postings_max: usize,
    /// One commit takes at most so many statements, so that nobody waits long for its end.
    pub commit_statements_max: usize,
    /// At most so many requests wait for the writer; the next one is refused as unavailable.
    pub queue_requests_max: usize,
    /// At most so many bytes of statements wait for the writer; the next request is refused as unavailable.
    pub queue_bytes_max: usize,
    /// Connections that read; so many reads run at once, the others wait for their turn.
    pub readers: usize,
    /// A compression dictionary is trained when the log holds so many statements; 0 for never.
    pub dictionary_after_statements: u64,
    /// Whether a machine with few processors is kept awake while a lone client writes, with time that is left over (Linux).
    pub stay_awake: bool,
    /// Whether sealed generations are merged while no request waits, too. Tests switch it off to decide themselves.
    pub merge_when_idle: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lrs: "default".to_owned(),
            access: Access::Write,
            generation_statements_max: 65_536,
            generation_postings_max: 1_000_000,
            commit_statements_max: 4_096,
            queue_requests_max: 4_096,
            queue_bytes_max: 64 << 20,
            readers: 4,
            dictionary_after_statements: 4_000,
            stay_awake: true,
            merge_when_idle: true,
        }
    }
}
