//! What differs between two configurations, and what of it a running process can use.

use super::{Config, RunsConfig};

/// The difference between the settings of a process and those of its files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigChanges {
    /// The changed settings that the next message uses.
    pub applied: Vec<&'static str>,
    /// The changed settings that take effect at the next start.
    pub at_next_start: Vec<&'static str>,
}

impl Config {
    /// Replaces what can change while a process runs by what the other configuration has. Everything else stays, and is
    /// named in the result.
    pub fn adopt(&mut self, new: Self) -> ConfigChanges {
        let mut changes = ConfigChanges {
            at_next_start: self.fixed_changes(&new),
            applied: Vec::new(),
        };
        let mut models = new.models;
        models.dir.clone_from(&self.models.dir);
        models.embedding = self.models.embedding.clone();
        models.breaker = self.models.breaker;
        let runs = RunsConfig {
            lease_seconds: self.runs.lease_seconds,
            heartbeat_seconds: self.runs.heartbeat_seconds,
            concurrent: self.runs.concurrent,
            concurrent_per_account: self.runs.concurrent_per_account,
            ..new.runs
        };
        let applied = &mut changes.applied;
        replace(&mut self.models, models, "models", applied);
        replace(&mut self.runs, runs, "runs", applied);
        replace(&mut self.limits, new.limits, "limits", applied);
        replace(&mut self.quotas, new.quotas, "quotas", applied);
        replace(&mut self.agents, new.agents, "agents", applied);
        replace(&mut self.templates, new.templates, "templates", applied);
        self.read_from = new.read_from;
        changes
    }

    /// The settings that differ and cannot change while a process runs: addresses, pools, keys and what is built from
    /// them.
    fn fixed_changes(&self, new: &Self) -> Vec<&'static str> {
        let (models, runs) = (&self.models, &self.runs);
        let has_changed = [
            ("addr", self.addr != new.addr),
            ("data_dir", self.data_dir != new.data_dir),
            ("database", self.database != new.database),
            ("redis", self.redis != new.redis),
            ("models.dir", models.dir != new.models.dir),
            ("models.embedding", models.embedding != new.models.embedding),
            ("models.breaker", models.breaker != new.models.breaker),
            (
                "runs.lease_seconds",
                runs.lease_seconds != new.runs.lease_seconds,
            ),
            (
                "runs.heartbeat_seconds",
                runs.heartbeat_seconds != new.runs.heartbeat_seconds,
            ),
            ("runs.concurrent", runs.concurrent != new.runs.concurrent),
            (
                "runs.concurrent_per_account",
                runs.concurrent_per_account != new.runs.concurrent_per_account,
            ),
            (
                "identity_providers",
                self.identity_providers != new.identity_providers,
            ),
            ("knowledge", self.knowledge != new.knowledge),
            ("jobs", self.jobs != new.jobs),
            ("shutdown", self.shutdown != new.shutdown),
            ("probes", self.probes != new.probes),
            ("http", self.http != new.http),
            // the key of `troupe dev` is in a file of its own
            (
                "encryption_keys",
                new.encryption_keys.is_some() && self.encryption_keys != new.encryption_keys,
            ),
            ("egress_allow", self.egress_allow != new.egress_allow),
            ("pinecone", self.pinecone != new.pinecone),
            ("log", self.log != new.log),
            ("traces", self.traces != new.traces),
        ];
        let changed = has_changed.into_iter().filter(|(_, changed)| *changed);
        changed.map(|(name, _)| name).collect()
    }
}

/// Replaces a setting, and names it if it differs.
fn replace<T: PartialEq>(
    present: &mut T,
    new: T,
    name: &'static str,
    applied: &mut Vec<&'static str>,
) {
    if *present != new {
        *present = new;
        applied.push(name);
    }
}
