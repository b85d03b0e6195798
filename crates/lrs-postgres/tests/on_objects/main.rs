//! Attachments in real object stores, one S3-compatible and one Azure's: the cases of the contract, and what only they can show.

#[path = "../common/factory.rs"]
mod factory;
mod orphans;
#[path = "../common/orphans.rs"]
mod orphans_anywhere;
mod outages;
mod owners;
mod places;

/// The tests that every kind of object store passes.
macro_rules! object_store_tests {
    ($service:expr) => {
        use lrs_store::attachment_contract_tests;

        use crate::factory::PostgresFactory;
        use crate::owners;
        use crate::places::Service;

        attachment_contract_tests!(PostgresFactory::new(|folder| $service.place(folder).0));

        #[tokio::test(flavor = "multi_thread")]
        async fn objects_go_with_their_lrs() {
            owners::objects_go_with_their_lrs($service).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn a_prefix_belongs_to_one_database() {
            owners::a_prefix_belongs_to_one_database($service).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn damage_is_found() {
            owners::damage_is_found($service).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn objects_that_no_statement_names_are_removed_after_two_looks() {
            crate::orphans::objects_that_no_statement_names_are_removed_after_two_looks($service).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn objects_of_another_database_are_not_removed() {
            crate::orphans::objects_of_another_database_are_not_removed($service).await;
        }
    };
}

mod s3 {
    object_store_tests!(Service::S3(test_objects::shared_endpoint()));
}

/// Left out by `cargo xtask test` where Azurite cannot be had.
mod azure {
    object_store_tests!(Service::Azure(test_objects::shared_azure()));

    #[tokio::test(flavor = "multi_thread")]
    async fn it_refuses_alike_when_it_is_down() {
        crate::outages::azure_refuses_alike().await;
    }
}
