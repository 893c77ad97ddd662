//! Everything that an installation has stored, as bytes to search in: the files, the rows and Redis.

use std::{collections::BTreeSet, fs, path::Path};

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::support::TestDatabase;

/// How every text begins that is searched for.
const MARK: &[u8] = b"canary-";

/// The bytes of every file of the database's folder, of every row, and of every value in Redis. The rows of SQLite are
/// read as well as its files: in a file, a page may end in the middle of a text, and a checkpoint may write while it is read.
pub(super) async fn dump(folder: &Path, database_url: &str, redis: &[(&str, String)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    read_files(folder, &mut bytes);
    read_rows(database_url, &mut bytes).await;
    read_redis(redis, &mut bytes).await;
    bytes
}

/// As [`dump`], of a database without an app.
pub(super) async fn dump_of(database: &TestDatabase) -> Vec<u8> {
    dump(&database.folder, &database.url, &database.redis).await
}

fn read_files(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_files(&path, bytes);
        } else {
            bytes.extend(fs::read(&path).unwrap());
            bytes.push(0);
        }
    }
}

async fn read_rows(url: &str, bytes: &mut Vec<u8>) {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let database = sea_orm::Database::connect(options).await.unwrap();
    let backend = database.get_database_backend();
    let first_column = async |sql: &str| {
        let rows = database.query_all_raw(Statement::from_string(backend, sql));
        let rows = rows.await.unwrap().into_iter();
        let values = rows.filter_map(|row| row.try_get_by_index(0).unwrap());
        values.collect::<Vec<Vec<u8>>>()
    };
    // a query for each column of each table
    let queries = match backend {
        DbBackend::Sqlite => {
            "SELECT CAST(format('SELECT CAST(\"%w\" AS BLOB) FROM \"%w\"', c.name, t.name) AS BLOB)
             FROM pragma_table_list t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.schema = 'main'"
        }
        _ => {
            "SELECT convert_to(format('SELECT convert_to(%I::text, ''UTF8'') FROM %I', column_name, table_name), 'UTF8')
             FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        }
    };
    for query in first_column(queries).await {
        for value in first_column(str::from_utf8(&query).unwrap()).await {
            bytes.extend(value);
            bytes.push(0);
        }
    }
    database.close().await.unwrap();
}

async fn read_redis(redis: &[(&str, String)], bytes: &mut Vec<u8>) {
    let value_of = |name: &str| {
        let found = redis.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    };
    let (Some(url), Some(prefix)) = (
        value_of("TROUPE_REDIS_URL"),
        value_of("TROUPE_REDIS_PREFIX"),
    ) else {
        return;
    };
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut keys = redis::cmd("KEYS");
    keys.arg(format!("{prefix}*"));
    let keys: Vec<String> = keys.query_async(&mut connection).await.unwrap();
    for key in keys {
        bytes.extend(key.bytes());
        let kind: String = redis::cmd("TYPE")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        let read = match kind.as_str() {
            "string" => redis::cmd("GET").arg(&key).clone(),
            "stream" => redis::cmd("XRANGE").arg(&key).arg("-").arg("+").clone(),
            "hash" => redis::cmd("HGETALL").arg(&key).clone(),
            "set" => redis::cmd("SMEMBERS").arg(&key).clone(),
            "zset" => redis::cmd("ZRANGE").arg(&key).arg(0).arg(-1).clone(),
            "list" => redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).clone(),
            _ => continue,
        };
        let value: redis::Value = read.query_async(&mut connection).await.unwrap();
        collect(&value, bytes);
    }
}

fn collect(value: &redis::Value, bytes: &mut Vec<u8>) {
    match value {
        redis::Value::BulkString(text) => bytes.extend(text),
        redis::Value::SimpleString(text) => bytes.extend(text.bytes()),
        redis::Value::Array(values) | redis::Value::Set(values) => {
            for value in values {
                collect(value, bytes);
            }
        }
        redis::Value::Map(pairs) => {
            for (key, value) in pairs {
                collect(key, bytes);
                collect(value, bytes);
            }
        }
        _ => {}
    }
    bytes.push(0);
}

/// Those of the texts that occur in the bytes.
pub(super) fn found_in<'a>(bytes: &[u8], texts: &'a [String]) -> Vec<&'a str> {
    assert!(texts.iter().all(|text| text.as_bytes().starts_with(MARK)));
    let mut found = BTreeSet::new();
    for place in memchr::memmem::find_iter(bytes, MARK) {
        let here = texts.iter().map(String::as_str);
        found.extend(here.filter(|text| bytes[place..].starts_with(text.as_bytes())));
    }
    found.into_iter().collect()
}
