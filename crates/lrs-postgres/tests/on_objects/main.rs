//! Attachments in a real S3-compatible object store: the cases of the contract, and what only that can show.

#[path = "../common/factory.rs"]
mod factory;
mod outages;
mod owners;
mod places;

use lrs_store::attachment_contract_tests;
use test_objects::shared_endpoint;

use factory::PostgresFactory;
use places::place;

attachment_contract_tests!(PostgresFactory::new(|folder| place(shared_endpoint(), folder).0));
