//! LRSs: each is a schema.

use std::sync::{Arc, PoisonError};

use deadpool_postgres::Object;
use lrs_store::{Lrs, LrsName, RegistryError, Store as _, StoreError};
use tokio_postgres::error::SqlState;

use super::migrate::migrate_lrs;
use super::{State, control};
use crate::attachments::LrsAttachments;
use crate::connection::OpenError;
use crate::error::unavailable;
use crate::store::failed;
use crate::{PostgresStore, schema};

/// A change of a schema that does not get its locks is tried so often.
const SCHEMA_TRIES_MAX: usize = 5;

impl State {
    /// `created`: microseconds, or the database's present.
    pub(super) async fn create_lrs(&self, name: &LrsName, created: Option<i64>) -> Result<Lrs, RegistryError> {
        const OPERATION: &str = "create an LRS";
        let mut key = [0_u8; 16];
        getrandom::fill(&mut key)
            .map_err(|error| StoreError::Internal { operation: OPERATION, source: error.to_string().into() })?;
        let mut connection = self.writer(OPERATION).await?;
        let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
        schema::lock(&transaction).await?;
        let inserted = control::insert_lrs(&transaction, name, created).await;
        let Some((number, created)) = inserted.map_err(failed(OPERATION))? else {
            return Err(RegistryError::LrsExists(name.clone()));
        };
        schema::create_lrs(&transaction, number).await.map_err(|error| match error {
            OpenError::Store(error) => error,
            error => StoreError::Internal { operation: OPERATION, source: Box::new(error) },
        })?;
        let sql =
            schema::sql(&schema::schema_name(number), "INSERT INTO $s.meta (name, value) VALUES ('hash_key', $1)");
        transaction.execute(&sql, &[&&key[..]]).await.map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        self.read_own_change().await?;
        Ok(Lrs { name: name.clone(), created })
    }

    /// First from the list, so that it is gone for everybody; then its tables and files.
    pub(super) async fn delete_lrs(&self, name: &LrsName) -> Result<(), RegistryError> {
        const OPERATION: &str = "delete an LRS";
        let connection = self.writer(OPERATION).await?;
        let attachments = self.find_attachments(&connection, name).await?;
        attachments.check_removable().await?;
        let deleted = control::delete_lrs(&connection, name).await.map_err(failed(OPERATION))?;
        drop(connection);
        let Some(number) = deleted else { return Err(RegistryError::NoSuchLrs(name.clone())) };
        self.read_own_change().await?;
        self.close_deleted().await;
        let schema = schema::schema_name(number);
        let mut dropped = Err(unavailable("the LRS is still in use"));
        for _ in 0..SCHEMA_TRIES_MAX {
            dropped = self.drop_schema(&schema).await;
            if !matches!(dropped, Err(StoreError::Unavailable { .. })) {
                break;
            }
        }
        dropped?;
        Ok(attachments.remove().await?)
    }

    /// The attachments of an LRS. By the primary key of `lyceum.lrs`, and then that of `meta`.
    async fn find_attachments(&self, connection: &Object, name: &LrsName) -> Result<LrsAttachments, RegistryError> {
        const OPERATION: &str = "find the attachments of an LRS";
        let missing = || RegistryError::NoSuchLrs(name.clone());
        self.refresh().await?;
        let number = self.snapshot().lrss.get(name).map(|lrs| lrs.number).ok_or_else(missing)?;
        let schema = schema::schema_name(number);
        let sql = schema::sql(&schema, "SELECT value FROM $s.meta WHERE name = 'hash_key'");
        let row = match connection.query_opt(&sql, &[]).await {
            // Another process is deleting it.
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Err(missing()),
            outcome => outcome.map_err(failed(OPERATION))?.ok_or_else(missing)?,
        };
        Ok(self.options.attachments.of_lrs(&schema, row.get(0)))
    }

    async fn drop_schema(&self, schema: &str) -> Result<(), StoreError> {
        const OPERATION: &str = "delete the tables of an LRS";
        let mut connection = self.pools.writer(OPERATION).await?;
        let transaction = connection.transaction().await.map_err(failed(OPERATION))?;
        schema::lock(&transaction).await?;
        let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
        transaction.batch_execute(&sql).await.map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))
    }

    pub(super) async fn open_lrs(&self, name: &LrsName) -> Result<Arc<PostgresStore>, RegistryError> {
        let _lifecycle = self.lifecycle.lock().await;
        self.freshen().await?;
        if let Some(store) = self.find_open(name) {
            return Ok(store);
        }
        let snapshot = self.snapshot();
        let lrs = snapshot.lrss.get(name).ok_or_else(|| RegistryError::NoSuchLrs(name.clone()))?;
        // A server of an older release may have made it, or one of a later release may have changed it, since this one started.
        migrate_lrs(&self.pools, lrs.number).await.map_err(|error| match error {
            OpenError::Store(error) => error,
            error => unavailable(error.to_string()),
        })?;
        let (pools, options) = (self.pools.clone(), self.options.clone());
        let store = PostgresStore::open(name.to_string(), lrs.number, pools, options, self.time.clone()).await?;
        let store = Arc::new(store);
        let entry = (lrs.number, Arc::clone(&store));
        let older = self.open.write().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), entry);
        if let Some((_, older)) = older {
            older.close().await;
        }
        Ok(store)
    }
}
