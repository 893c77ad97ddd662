//! Writes PDF files for tests.

/// A file whose objects are added one after the other.
#[derive(Default)]
pub(super) struct PdfFile {
    objects: Vec<Vec<u8>>,
}

impl PdfFile {
    /// A file of one page with these fonts, named `F1` and so on, and with this content.
    pub(super) fn page(fonts: &[&str], content: &[u8]) -> Vec<u8> {
        let mut file = Self::default();
        let fonts: Vec<usize> = fonts.iter().map(|font| file.add(font)).collect();
        let named: Vec<String> = (1..)
            .zip(&fonts)
            .map(|(number, id)| format!("/F{number} {id} 0 R"))
            .collect();
        let page = format!("/Resources << /Font << {} >> >>", named.join(" "));
        file.one_page(&page, content)
    }

    /// Adds an object and returns its number. `$` stands for the number of the previous object.
    pub(super) fn add(&mut self, object: &str) -> usize {
        let previous = format!("{} 0 R", self.objects.len());
        self.objects
            .push(object.replace('$', &previous).into_bytes());
        self.objects.len()
    }

    /// Adds a stream and returns its number.
    pub(super) fn stream(&mut self, dictionary: &str, content: &[u8]) -> usize {
        let mut object =
            format!("<< {dictionary} /Length {} >>\nstream\n", content.len()).into_bytes();
        object.extend(content);
        object.extend(b"\nendstream");
        self.objects.push(object);
        self.objects.len()
    }

    /// The file with one page that has these entries and this content.
    pub(super) fn one_page(mut self, entries: &str, content: &[u8]) -> Vec<u8> {
        let content = self.stream("", content);
        self.pages(&[format!("/Contents {content} 0 R {entries}")])
    }

    /// The file with pages that have these entries.
    pub(super) fn pages(mut self, pages: &[String]) -> Vec<u8> {
        let root = self.objects.len() + pages.len() + 1;
        let kids: Vec<String> = pages
            .iter()
            .map(|entries| {
                let page = format!(
                    "<< /Type /Page /Parent {root} 0 R /MediaBox [0 0 595 842] {entries} >>"
                );
                format!("{} 0 R", self.add(&page))
            })
            .collect();
        self.add(&format!(
            "<< /Type /Pages /Kids [{}] /Count {} >>",
            kids.join(" "),
            kids.len()
        ));
        let catalog = self.add("<< /Type /Catalog /Pages $ >>");
        self.finish(catalog)
    }

    /// The file with this object as its catalog.
    pub(super) fn finish(self, catalog: usize) -> Vec<u8> {
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut places = Vec::new();
        for (index, object) in self.objects.iter().enumerate() {
            places.push(file.len());
            file.extend(format!("{} 0 obj\n", index + 1).bytes());
            file.extend(object);
            file.extend(b"\nendobj\n");
        }
        let table = file.len();
        let size = self.objects.len() + 1;
        file.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
        for place in places {
            file.extend(format!("{place:010} 00000 n \n").bytes());
        }
        let trailer =
            format!("trailer << /Size {size} /Root {catalog} 0 R >>\nstartxref\n{table}\n%%EOF");
        file.extend(trailer.bytes());
        file
    }
}
