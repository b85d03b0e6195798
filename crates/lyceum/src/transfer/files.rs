//! Statements out of files and standard input, plain or gzip.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use flate2::bufread::MultiGzDecoder;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::splitter::Splitter;
use super::{BATCH_BYTES_MAX, BATCH_STATEMENTS_MAX, Origin, Piece};

/// Bytes read at once.
const BUFFER_BYTES: usize = 256 << 10;
/// Batches that wait for the sink: one is written while the next is read.
const BATCHES_WAITING_MAX: usize = 2;

/// Told how many bytes were read.
pub type BytesRead = Box<dyn Fn(u64) + Send>;

/// Reads the files one after the other on a thread that may block; `-` is standard input. The channel ends behind the last
/// piece, or with an error.
pub fn read_files(paths: Vec<PathBuf>, bytes_read: BytesRead) -> Receiver<anyhow::Result<Vec<Piece>>> {
    let (sender, receiver) = channel(BATCHES_WAITING_MAX);
    tokio::task::spawn_blocking(move || {
        let mut batch = Batch::default();
        for path in paths {
            let read = read_file(&path, &mut batch, &sender, &*bytes_read);
            if let Err(error) = read.with_context(|| format!("cannot read {}", path.display())) {
                // Nobody listens any more when the sink has failed; its own error is told.
                let _ = sender.blocking_send(Err(error));
                return;
            }
        }
        let _ = batch.send(&sender);
    });
    receiver
}

#[derive(Default)]
struct Batch {
    pieces: Vec<Piece>,
    bytes: usize,
}

impl Batch {
    fn send(&mut self, sender: &Sender<anyhow::Result<Vec<Piece>>>) -> anyhow::Result<()> {
        self.bytes = 0;
        let pieces = std::mem::take(&mut self.pieces);
        if pieces.is_empty() {
            Ok(())
        } else {
            sender.blocking_send(Ok(pieces)).map_err(|_| anyhow::anyhow!("the import has stopped"))
        }
    }
}

fn read_file(
    path: &std::path::Path,
    batch: &mut Batch,
    sender: &Sender<anyhow::Result<Vec<Piece>>>,
    bytes_read: &(dyn Fn(u64) + Send),
) -> anyhow::Result<()> {
    let source: Arc<str> = path.to_string_lossy().into();
    let input: Box<dyn Read + '_> =
        if &*source == "-" { Box::new(std::io::stdin()) } else { Box::new(File::open(path)?) };
    let mut splitter = Splitter::new(decode(BufReader::with_capacity(BUFFER_BYTES, Counted { input, bytes_read }))?);
    while let Some(cut) = splitter.next_cut()? {
        batch.bytes += cut.text.len();
        let origin = Origin { source: Arc::clone(&source), line: cut.line };
        batch.pieces.push(Piece { origin, text: cut.text, broken: cut.broken.map(str::to_owned) });
        if batch.pieces.len() >= BATCH_STATEMENTS_MAX || batch.bytes >= BATCH_BYTES_MAX {
            batch.send(sender)?;
        }
    }
    Ok(())
}

/// Unpacks what begins as gzip does, whatever its name.
fn decode<'a>(mut input: BufReader<Counted<'a>>) -> std::io::Result<Box<dyn BufRead + 'a>> {
    let mut head = Vec::new();
    input.by_ref().take(2).read_to_end(&mut head)?;
    let is_gzip = head == [0x1F, 0x8B];
    let whole = Cursor::new(head).chain(input);
    Ok(if is_gzip {
        Box::new(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(whole)))
    } else {
        Box::new(whole)
    })
}

/// Tells how many bytes went through.
struct Counted<'a> {
    input: Box<dyn Read + 'a>,
    bytes_read: &'a (dyn Fn(u64) + Send),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(buffer)?;
        (self.bytes_read)(count as u64);
        Ok(count)
    }
}
