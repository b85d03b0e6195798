//! What the interface promises of attachments, with their bytes in real object stores.

use std::sync::Arc;

use lrs_http::Settings;
use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use test_objects::{AZURE_SECRET, BUCKET, KEY, SECRET, shared_azure, shared_endpoint};
use test_postgres::Database;

use crate::harness::TestServer;
use crate::requirements::play_on;

async fn check(objects: Arc<dyn ObjectStore>) {
    let server = TestServer::with(Settings::default(), Some(Database::new()), Some(objects)).await;
    play_on(&server, "attachments.json").await;
}

#[tokio::test]
async fn s3() {
    let builder = AmazonS3Builder::new().with_bucket_name(BUCKET).with_endpoint(shared_endpoint());
    let builder = builder.with_access_key_id(KEY).with_secret_access_key(SECRET).with_allow_http(true);
    check(Arc::new(builder.build().unwrap())).await;
}

#[tokio::test]
async fn azure() {
    let builder = MicrosoftAzureBuilder::new().with_container_name(BUCKET).with_endpoint(shared_azure().to_owned());
    let builder = builder.with_account(KEY).with_access_key(AZURE_SECRET).with_allow_http(true);
    check(Arc::new(builder.build().unwrap())).await;
}
