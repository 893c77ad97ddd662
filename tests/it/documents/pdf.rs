//! Writes PDF files, valid and invalid ones, byte by byte.

use lopdf::{Dictionary, Stream};

/// A file under construction; its objects are numbered from 1, the first is its catalog, the second its page tree.
#[derive(Default)]
pub(crate) struct PdfFile {
    objects: Vec<Vec<u8>>,
}

impl PdfFile {
    /// A file of one page with this content stream, which may draw itself as the form `/X` and has a font `/F`.
    pub(crate) fn of_one_page(content: &[u8]) -> Self {
        let mut file = Self::default();
        file.add("<< /Type /Catalog /Pages 2 0 R >>");
        file.add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
        file.add(
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F 5 0 R >> /XObject << /X 4 0 R /Y 6 0 R >> >> >>",
        );
        file.add_stream("/Type /XObject /Subtype /Form", content);
        file.add(
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        );
        file
    }

    /// Adds an object; returns its number.
    pub(crate) fn add(&mut self, object: impl AsRef<[u8]>) -> usize {
        self.objects.push(object.as_ref().to_vec());
        self.objects.len()
    }

    /// Adds a stream whose dictionary has these entries besides its length; returns its number.
    pub(crate) fn add_stream(&mut self, entries: &str, content: &[u8]) -> usize {
        let length = content.len();
        let mut object = format!("<< {entries} /Length {length} >>\nstream\n").into_bytes();
        object.extend(content);
        object.extend(b"\nendstream");
        self.add(object)
    }

    /// Adds an object stream that contains one object with this text.
    pub(crate) fn add_object_stream(&mut self, number: usize, object: &[u8]) -> usize {
        let index = format!("{number} 0 ");
        let content = deflated(&[index.as_bytes(), object].concat());
        let entries = format!(
            "/Type /ObjStm /N 1 /First {} /Filter /FlateDecode",
            index.len()
        );
        self.add_stream(&entries, &content)
    }

    /// The number of objects.
    pub(crate) fn len(&self) -> usize {
        self.objects.len()
    }

    /// The file with a cross-reference table followed by this trailer, in which `{table}` is replaced by the table's
    /// offset.
    pub(crate) fn with_trailer(&self, trailer: &str) -> Vec<u8> {
        let (mut file, places) = self.body();
        let table = file.len();
        file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
        for place in places {
            file.extend(format!("{place:010} 00000 n \n").bytes());
        }
        file.extend(trailer.replace("{table}", &table.to_string()).bytes());
        file
    }

    /// The file with a cross-reference table.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let size = self.objects.len() + 1;
        self.with_trailer(&format!(
            "trailer << /Size {size} /Root 1 0 R >>\nstartxref\n{{table}}\n%%EOF"
        ))
    }

    /// The file with a cross-reference stream instead of the table; `entries` may change the stream's entries.
    pub(crate) fn with_xref_stream(&self, entries: &str) -> Vec<u8> {
        let (mut file, places) = self.body();
        let table = file.len();
        let mut rows = vec![0; 6];
        for place in places.iter().chain([&table]) {
            rows.push(1);
            rows.extend(u32::try_from(*place).unwrap().to_be_bytes());
            rows.push(0);
        }
        let (number, size) = (self.objects.len() + 1, self.objects.len() + 2);
        let rows = deflated(&rows);
        let entries = format!(
            "/Type /XRef /Size {size} /W [1 4 1] /Root 1 0 R /Filter /FlateDecode /Length {} {}",
            rows.len(),
            entries.replace("{table}", &table.to_string())
        );
        file.extend(format!("{number} 0 obj\n<< {entries} >>\nstream\n").bytes());
        file.extend(rows);
        file.extend(format!("\nendstream\nendobj\nstartxref\n{table}\n%%EOF").bytes());
        file
    }

    fn body(&self) -> (Vec<u8>, Vec<usize>) {
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut places = Vec::new();
        for (object, number) in self.objects.iter().zip(1..) {
            places.push(file.len());
            file.extend(format!("{number} 0 obj\n").bytes());
            file.extend(object);
            file.extend(b"\nendobj\n");
        }
        (file, places)
    }
}

/// Input that the filter `FlateDecode` inflates to this content.
pub(crate) fn deflated(content: &[u8]) -> Vec<u8> {
    let mut stream = Stream::new(Dictionary::new(), content.to_vec());
    stream.compress().unwrap();
    if stream.dict.has(b"Filter") {
        return stream.content;
    }
    // Incompressible content is stored: a single stored block, without a checksum, which readers do not insist on.
    let mut stored = vec![0x78, 0x01];
    for (index, part) in content.chunks(0xffff).enumerate() {
        let is_last = (index + 1) * 0xffff >= content.len();
        let length = u16::try_from(part.len()).unwrap();
        stored.push(u8::from(is_last));
        stored.extend(length.to_le_bytes());
        stored.extend((!length).to_le_bytes());
        stored.extend(part);
    }
    stored.extend(adler32(content).to_be_bytes());
    stored
}

fn adler32(content: &[u8]) -> u32 {
    let (one, two) = content.iter().fold((1_u32, 0_u32), |(one, two), byte| {
        let one = (one + u32::from(*byte)) % 65_521;
        (one, (two + one) % 65_521)
    });
    two << 16 | one
}

/// A page whose content stream is one array of zeros, which takes fifty times as much memory once it is decoded.
pub(crate) fn array_of_zeros(zeros: usize) -> Vec<u8> {
    let content = format!("[{}] TJ", "0 ".repeat(zeros));
    let mut file = PdfFile::of_one_page(b"");
    let content = deflated(content.as_bytes());
    file.objects[3].clear();
    let length = content.len();
    file.objects[3]
        .extend(format!("<< /Filter /FlateDecode /Length {length} >>\nstream\n").bytes());
    file.objects[3].extend(content);
    file.objects[3].extend(b"\nendstream");
    file.bytes()
}

/// A file with object streams, each of which is an array of zeros of nearly 4 MiB.
pub(crate) fn object_streams_of_zeros(streams: usize) -> Vec<u8> {
    let array = format!("[{}]", "0 ".repeat(2_000_000));
    let mut file = PdfFile::of_one_page(b"BT /F 12 Tf (text) Tj ET");
    for _ in 0..streams {
        let number = 100_000 + file.len();
        file.add_object_stream(number, array.as_bytes());
    }
    file.with_xref_stream("")
}
