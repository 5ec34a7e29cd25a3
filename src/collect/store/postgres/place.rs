//! Where the database is, how it is connected to, and what its errors mean to an operator.

use crate::collect::store::StoreError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, Executor};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The files are part of the program; see `connect.rs`.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a connection may take to come.
const PATIENCE: Duration = Duration::from_secs(3);

/// Connections of the pool that reads; one more writes.
const READERS: u32 = 4;

/// A lock that nobody gives back must not hold a chain for longer, and neither may a gateway that is gone. An operator's
/// `synchronous_commit = off` would acknowledge what a power cut takes back.
const TUNE: &str = "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'; \
                    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// A database. Its password is in no text that comes from here.
#[derive(Clone)]
pub(super) struct Place {
    name: String,
    options: PgConnectOptions,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Place {
    /// Reads `postgres://user@host:port/database?sslmode=…`; what it leaves out is taken from the `PG…` variables and from
    /// `~/.pgpass`, as `psql` does.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(|error| StoreError::Refused {
            place: "store".to_owned(),
            detail: format!("no address like postgres://user@host/database: {error}"),
        })?;
        let host = match options.get_socket() {
            Some(socket) => socket.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let name = format!("postgres {host}/{}", options.get_database().unwrap_or_else(|| options.get_username()));
        let options = options.application_name("consentry").disable_statement_logging();
        Ok(Self { name, options })
    }

    /// A connection that writes.
    pub(super) async fn connect(&self) -> Result<PgConnection, StoreError> {
        let connecting = async {
            let mut connection = self.options.connect().await?;
            connection.execute(TUNE).await?;
            Ok(connection)
        };
        match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(done) => self.told(done),
            Err(_) => Err(self.away(format!("no connection within {} s", PATIENCE.as_secs()))),
        }
    }

    /// Connections that read, each made when it is needed.
    pub(super) fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .after_connect(|connection, _| Box::pin(async move { connection.execute(TUNE).await.map(drop) }))
            .connect_lazy_with(self.options.clone())
    }

    /// Brings the tables to the newest schema; gateways that start together wait for each other.
    pub(super) async fn migrate(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let encoding: String =
            self.told(sqlx::query_scalar("SHOW server_encoding").fetch_one(&mut *connection).await)?;
        if encoding != "UTF8" {
            let detail = format!("its encoding is {encoding}, and UTF8 is needed");
            return Err(StoreError::Refused { place: self.name.clone(), detail });
        }
        match MIGRATIONS.run_direct(None, connection, false).await {
            Ok(()) => Ok(()),
            Err(MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _)) => {
                Err(StoreError::Newer { path: self.name.clone().into(), version })
            }
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => self.told(Err(error)),
            Err(error) => Err(StoreError::Refused { place: self.name.clone(), detail: error.to_string() }),
        }
    }

    /// What a query came to, in the operator's words.
    pub(super) fn told<T>(&self, done: Result<T, sqlx::Error>) -> Result<T, StoreError> {
        done.map_err(|error| self.error(&error))
    }

    pub(super) fn away(&self, detail: String) -> StoreError {
        StoreError::Away { place: self.name.clone(), detail }
    }

    /// SPEC: PostgreSQL, Appendix A, error codes: what only an operator can mend, and what passes.
    fn error(&self, error: &sqlx::Error) -> StoreError {
        let detail = error.to_string();
        let Some(database) = error.as_database_error() else { return self.away(detail) };
        let code = database.code().unwrap_or_default();
        match (code.get(..2).unwrap_or_default(), &*code) {
            ("28" | "3D" | "3F" | "42", _) => StoreError::Refused { place: self.name.clone(), detail },
            ("08" | "40" | "53" | "55" | "57" | "58", _) | (_, "25006") => self.away(detail),
            _ => StoreError::Failed { path: self.name.clone().into(), detail },
        }
    }
}

/// Ends a connection in order; one that is gone is gone.
pub(super) async fn close(connection: PgConnection) {
    let _ = tokio::time::timeout(PATIENCE, connection.close()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_of_a_place_holds_its_password() {
        let place = Place::parse("postgres://gate:s3cret@db.example:5433/proofs").unwrap();
        assert_eq!(place.to_string(), "postgres db.example:5433/proofs");
        let error = place.away("gone".to_owned());
        assert!(!format!("{place:?} {error} {error:?}").contains("s3cret"));
        let socket = Place::parse("postgres:///proofs?host=/run/postgresql&user=gate&password=s3cret").unwrap();
        assert_eq!(socket.to_string(), "postgres /run/postgresql/proofs");
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_would_be_right() {
        let error = Place::parse("postgres://gate:s3cret@db.example:port/proofs").unwrap_err();
        assert!(error.to_string().contains("postgres://user@host/database"), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
