//! The PostgreSQL backend passes the contract of all backends.

#[path = "common/factory.rs"]
mod factory;

use std::path::Path;

use lrs_postgres::AttachmentPlace;
use lrs_store::contract_tests;

use factory::PostgresFactory;

contract_tests!(PostgresFactory::new(|folder: &Path| AttachmentPlace::Folder(folder.to_owned())));
