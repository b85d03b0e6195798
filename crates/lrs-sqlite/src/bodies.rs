//! Bodies of statements, compressed with a dictionary trained on the LRS's own statements.
//!
//! A stored body is its length before compression (a varint), then a zstd frame. Dictionaries are versioned rows; a body's
//! row names its own, 0 for none. Once made, a dictionary stays for good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use lrs_store::StoreError;
use rusqlite::{Connection, OptionalExtension};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

use crate::error::{corrupt, store_error};
use crate::postings::{push_varint, take_varint};

/// Best rate for the time spent: higher levels save a few percent and cost several times as much.
const LEVEL: i32 = 1;
/// More would be read into every compressor for little gain.
const DICTIONARY_BYTES_MAX: usize = 64 << 10;
/// Samples of one training; enough to see what an LRS's statements have in common.
const SAMPLES_MAX: u64 = 4_000;
/// Longer statements say little about the others, and training holds all samples in memory.
const SAMPLE_BYTES_MAX: usize = 4 << 10;
/// No statement is longer: bodies of requests are bounded far below.
const BODY_BYTES_MAX: u64 = 1 << 30;
/// Idle (de)compressors that are kept, each a few hundred KB.
const IDLE_MAX: usize = 8;

/// Compresses and restores bodies.
pub(crate) struct Bodies {
    current: RwLock<Arc<Dictionary>>,
    all: RwLock<HashMap<u32, Arc<Dictionary>>>,
}

/// A dictionary with its tools; the tools of dictionary 0 use none.
struct Dictionary {
    number: u32,
    bytes: Vec<u8>,
    compressors: Mutex<Vec<Compressor<'static>>>,
    decompressors: Mutex<Vec<Decompressor<'static>>>,
}

impl Dictionary {
    fn new(number: u32, bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { number, bytes, compressors: Mutex::default(), decompressors: Mutex::default() })
    }

    fn compressor(&self) -> std::io::Result<Compressor<'static>> {
        if let Some(idle) = self.compressors.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(idle);
        }
        let mut compressor = Compressor::with_dictionary(LEVEL, &self.bytes)?;
        // The row says all three already.
        compressor.set_parameter(CParameter::ContentSizeFlag(false))?;
        compressor.set_parameter(CParameter::ChecksumFlag(false))?;
        compressor.set_parameter(CParameter::DictIdFlag(false))?;
        Ok(compressor)
    }

    fn decompressor(&self) -> std::io::Result<Decompressor<'static>> {
        let idle = self.decompressors.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Decompressor::with_dictionary(&self.bytes), Ok)
    }
}

fn put_back<T>(idle: &Mutex<Vec<T>>, tool: T) {
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    if idle.len() < IDLE_MAX {
        idle.push(tool);
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Internal { operation: "compress a statement", source: Box::new(error) }
}

impl Bodies {
    /// With the dictionaries of a database; the last one compresses.
    pub(crate) fn open(connection: &Connection) -> Result<Self, StoreError> {
        let read = || -> rusqlite::Result<Vec<(u32, Vec<u8>)>> {
            let mut select =
                connection.prepare_cached("SELECT dictionary, bytes FROM dictionary ORDER BY dictionary")?;
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let rows = read().map_err(|error| store_error("read the dictionaries", error))?;
        let plain = Dictionary::new(0, Vec::new());
        let bodies = Self { current: RwLock::new(Arc::clone(&plain)), all: RwLock::default() };
        bodies.add(plain);
        for (number, bytes) in rows {
            bodies.add(Dictionary::new(number, bytes));
        }
        Ok(bodies)
    }

    fn add(&self, dictionary: Arc<Dictionary>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        all.insert(dictionary.number, Arc::clone(&dictionary));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = dictionary;
    }

    /// How many dictionaries there are.
    pub(crate) fn count_dictionaries(&self) -> usize {
        self.all.read().unwrap_or_else(PoisonError::into_inner).len() - 1
    }

    /// Compresses bodies with the present dictionary: its number, and what to store.
    pub(crate) fn compress<'a>(
        &self,
        bodies: impl Iterator<Item = &'a [u8]>,
    ) -> Result<(u32, Vec<Vec<u8>>), StoreError> {
        let dictionary = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        let mut compressor = dictionary.compressor().map_err(failed)?;
        let mut frame = Vec::new();
        let mut compressed = Vec::with_capacity(bodies.size_hint().0);
        for body in bodies {
            frame.clear();
            frame.reserve(zstd::zstd_safe::compress_bound(body.len()));
            compressor.compress_to_buffer(body, &mut frame).map_err(failed)?;
            let mut stored = Vec::with_capacity(frame.len() + 4);
            push_varint(&mut stored, body.len() as u64);
            stored.extend_from_slice(&frame);
            compressed.push(stored);
        }
        put_back(&dictionary.compressors, compressor);
        Ok((dictionary.number, compressed))
    }

    /// Restores a body. `seq` names it in an error.
    pub(crate) fn restore(&self, seq: u64, number: u32, mut stored: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = |reason: &str| corrupt(format!("statement.body, seq {seq}"), reason);
        let dictionary = self.all.read().unwrap_or_else(PoisonError::into_inner).get(&number).map(Arc::clone);
        let Some(dictionary) = dictionary else {
            return Err(corrupt(
                format!("statement.dictionary, seq {seq}"),
                format!("there is no dictionary {number}"),
            ));
        };
        let length = take_varint(&mut stored).ok().filter(|length| *length <= BODY_BYTES_MAX);
        let length = length.and_then(|length| usize::try_from(length).ok()).ok_or_else(|| damaged("no length"))?;
        let mut decompressor = dictionary.decompressor().map_err(failed)?;
        let body = decompressor.decompress(stored, length).map_err(|error| damaged(&error.to_string()))?;
        put_back(&dictionary.decompressors, decompressor);
        if body.len() == length { Ok(body) } else { Err(damaged("another length than it had")) }
    }

    /// Trains a dictionary on the newest statements of a log that reaches `through`. `None` when they have nothing in common.
    pub(crate) fn train(&self, connection: &Connection, through: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let operation = "read samples for a dictionary";
        // Served by the primary key.
        let mut select = connection
            .prepare("SELECT seq, dictionary, body FROM statement WHERE seq > ?1 AND seq <= ?2 ORDER BY seq")
            .map_err(|error| store_error(operation, error))?;
        let mut rows = select
            .query([through.saturating_sub(SAMPLES_MAX), through])
            .map_err(|error| store_error(operation, error))?;
        let mut samples = Vec::new();
        while let Some(row) = rows.next().map_err(|error| store_error(operation, error))? {
            let read = || Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            let (seq, number, stored): (u64, u32, Vec<u8>) = read().map_err(|error| store_error(operation, error))?;
            let mut body = self.restore(seq, number, &stored)?;
            body.truncate(SAMPLE_BYTES_MAX);
            samples.push(body);
        }
        // The trainer fails when the samples are too few or too different; then there is nothing to gain.
        Ok(zstd::dict::from_samples(&samples, DICTIONARY_BYTES_MAX).ok())
    }

    /// Stores a dictionary, inside a commit; [`Bodies::adopt`] it when the commit is durable.
    pub(crate) fn insert(connection: &Connection, bytes: &[u8]) -> Result<u32, StoreError> {
        let insert = || {
            connection
                .query_row("INSERT INTO dictionary(bytes) VALUES (?1) RETURNING dictionary", [bytes], |row| row.get(0))
                .optional()
        };
        let number = insert().map_err(|error| store_error("store a dictionary", error))?;
        number.ok_or_else(|| crate::tail::out_of_step("a dictionary got no number"))
    }

    /// Compresses with a stored dictionary from now on.
    pub(crate) fn adopt(&self, number: u32, bytes: Vec<u8>) {
        self.add(Dictionary::new(number, bytes));
    }
}
