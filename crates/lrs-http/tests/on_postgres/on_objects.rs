//! What the interface promises of attachments, with their bytes in a real S3-compatible object store.

use lrs_http::Settings;
use test_objects::shared_endpoint;
use test_postgres::Database;

use crate::harness::TestServer;
use crate::requirements::play_on;

#[tokio::test]
async fn attachments() {
    let server = TestServer::with(Settings::default(), Some(Database::new()), Some(shared_endpoint())).await;
    play_on(&server, "attachments.json").await;
}
