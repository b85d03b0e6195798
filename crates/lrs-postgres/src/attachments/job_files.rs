//! The files of jobs, beside the attachments of their LRS, whose names have other forms: `jobs/ID`.

use async_trait::async_trait;
use lrs_store::{JobFiles, JobId, StoreError, StoredAttachment, UploadedAttachment};

use super::upload::Hold;
use super::{Kind, folder, foreign};
use crate::PostgresStore;

/// The folder of jobs' files among the attachments of an LRS.
pub(super) const JOBS: &str = "jobs";

#[async_trait]
impl JobFiles for PostgresStore {
    async fn keep_job_file(&self, job: JobId, file: UploadedAttachment) -> Result<(), StoreError> {
        self.shared.check_writable()?;
        let hold = file.hold.downcast_ref::<Hold>().ok_or_else(foreign)?;
        match &self.shared.attachments.0 {
            Kind::Folder(root) => folder::keep_job_file(root, job, hold).await,
            Kind::Objects(objects) => objects.keep_job_file(job, file.size_bytes, hold).await,
        }
    }

    async fn open_job_file(&self, job: JobId, from: u64) -> Result<Option<StoredAttachment>, StoreError> {
        self.shared.check_open()?;
        match &self.shared.attachments.0 {
            Kind::Folder(root) => folder::open_job_file(root, job, from).await,
            Kind::Objects(objects) => objects.open_job_file(job, from).await,
        }
    }

    async fn remove_job_file(&self, job: JobId) -> Result<(), StoreError> {
        self.shared.check_writable()?;
        match &self.shared.attachments.0 {
            Kind::Folder(root) => folder::remove_job_file(root, job).await,
            Kind::Objects(objects) => objects.remove_job_file(job).await,
        }
    }
}
