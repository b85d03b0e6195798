//! LRSs: each is a schema.

use std::sync::{Arc, PoisonError};

use lrs_store::{Lrs, LrsName, RegistryError, Store as _, StoreError};

use super::{State, control};
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
        let schema = schema::schema_name(number);
        transaction.batch_execute(&format!("CREATE SCHEMA {schema}")).await.map_err(failed(OPERATION))?;
        schema::migrate_lrs(&transaction, number, 0).await.map_err(|error| match error {
            OpenError::Store(error) => error,
            error => StoreError::Internal { operation: OPERATION, source: Box::new(error) },
        })?;
        let sql = schema::sql(&schema, "INSERT INTO $s.meta (name, value) VALUES ('hash_key', $1)");
        transaction.execute(&sql, &[&&key[..]]).await.map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        self.read_own_change().await?;
        Ok(Lrs { name: name.clone(), created })
    }

    /// First from the list, so that it is gone for everybody; then its tables and files.
    pub(super) async fn delete_lrs(&self, name: &LrsName) -> Result<(), RegistryError> {
        const OPERATION: &str = "delete an LRS";
        let connection = self.writer(OPERATION).await?;
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
        let folder = self.options.attachments_dir.join(&schema);
        match tokio::fs::remove_dir_all(&folder).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let reason =
                    format!("the attachments of the deleted LRS cannot be removed ({error}): {}", folder.display());
                Err(unavailable(&reason).into())
            }
            _ => Ok(()),
        }
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
        if !schema::is_present(lrs.schema_version) {
            return Err(unavailable("the LRS's schema is of another release: restart this process").into());
        }
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
