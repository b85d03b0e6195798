//! The files of jobs, beside the attachments of their LRS, whose names have other forms.

use std::io::{ErrorKind, SeekFrom};
use std::path::PathBuf;

use async_trait::async_trait;
use lrs_store::{JobFiles, JobId, StoreError, StoredAttachment, UploadedAttachment};
use tokio::io::AsyncSeekExt as _;

use super::upload::Hold;
use super::{AttachmentFolder, file_error, foreign};
use crate::SqliteStore;
use crate::registry::folder::{make_folder, sync_folder};

/// The folder of jobs' files in that of an LRS's attachments.
const JOBS: &str = "jobs";

impl AttachmentFolder {
    fn job_file(&self, job: JobId) -> PathBuf {
        self.root.join(JOBS).join(job.to_string())
    }
}

#[async_trait]
impl JobFiles for SqliteStore {
    async fn keep_job_file(&self, job: JobId, file: UploadedAttachment) -> Result<(), StoreError> {
        const OPERATION: &str = "keep the file of a job";
        let path = self.shared.attachments.job_file(job);
        let root = self.shared.attachments.root.clone();
        let work = move || {
            let hold = file.hold.downcast_ref::<Hold>().ok_or_else(|| foreign(OPERATION))?;
            let folder = root.join(JOBS);
            let kept = make_folder(&folder)
                .and_then(|()| sync_folder(&root))
                .and_then(|()| hold.move_to(&path))
                .and_then(|()| sync_folder(&folder));
            kept.map_err(|error| file_error(OPERATION, &path, error))?;
            hold.keep();
            Ok(())
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| StoreError::Internal { operation: OPERATION, source: Box::new(error) })?
    }

    async fn open_job_file(&self, job: JobId, from: u64) -> Result<Option<StoredAttachment>, StoreError> {
        let path = self.shared.attachments.job_file(job);
        let failed = |error| file_error("open the file of a job", &path, error);
        let mut file = match tokio::fs::File::open(&path).await {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            outcome => outcome.map_err(failed)?,
        };
        let size_bytes = file.metadata().await.map_err(failed)?.len();
        file.seek(SeekFrom::Start(from)).await.map_err(failed)?;
        Ok(Some(StoredAttachment { size_bytes, reader: Box::pin(file) }))
    }

    async fn remove_job_file(&self, job: JobId) -> Result<(), StoreError> {
        let path = self.shared.attachments.job_file(job);
        match tokio::fs::remove_file(&path).await {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(file_error("remove the file of a job", &path, error))
            }
            _ => Ok(()),
        }
    }
}
