import Foundation

/// The elements of a page, read as a browser reads them as far as the pages of this package go.
///
/// A page that is not well-formed is an error: an element that is not closed, an attribute without quotes, an id twice.
struct ParsedPage {
  struct Element {
    var name: String
    var attributes: [String: String]
    var content = ""
  }

  enum Defect: Error, Equatable {
    case unclosed(String)
    case unexpectedEnd(String)
    case badTag(String)
    case idTwice(String)
  }

  private(set) var elements: [Element] = []

  private static let void: Set<String> = ["meta", "img", "link", "br", "hr", "input"]
  private static let raw: Set<String> = ["script", "style"]

  init(_ page: String) throws {
    var rest = page[...]
    var open: [Int] = []
    var ids: Set<String> = []
    while let start = rest.firstIndex(of: "<") {
      for index in open { elements[index].content += rest[..<start] }
      rest = rest[start...].dropFirst()
      guard let end = Self.end(of: rest) else { throw Defect.badTag(String(rest.prefix(80))) }
      let tag = rest[..<end]
      rest = rest[end...].dropFirst()
      if tag.hasPrefix("!") { continue }
      if tag.hasPrefix("/") {
        let name = String(tag.dropFirst())
        guard let last = open.popLast(), elements[last].name == name else { throw Defect.unexpectedEnd(name) }
        continue
      }
      let element = try Self.element(tag)
      if let id = element.attributes["id"], !ids.insert(id).inserted { throw Defect.idTwice(id) }
      elements.append(element)
      if Self.void.contains(element.name) { continue }
      open.append(elements.count - 1)
      if Self.raw.contains(element.name) {
        // The first end tag ends it, whatever stands before it.
        guard let close = rest.range(of: "</\(element.name)") else { throw Defect.unclosed(element.name) }
        elements[elements.count - 1].content = String(rest[..<close.lowerBound])
        rest = rest[close.lowerBound...]
      }
    }
    if let last = open.last { throw Defect.unclosed(elements[last].name) }
  }

  /// The end of a tag, which may hold `>` in quotes.
  private static func end(of rest: Substring) -> Substring.Index? {
    var isQuoted = false
    for index in rest.indices {
      if rest[index] == "\"" { isQuoted.toggle() }
      if rest[index] == ">", !isQuoted { return index }
    }
    return nil
  }

  private static func element(_ tag: Substring) throws -> Element {
    let name = tag.prefix { $0 != " " }
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
      throw Defect.badTag(String(tag))
    }
    var element = Element(name: String(name), attributes: [:])
    var rest = tag.dropFirst(name.count)
    while let first = rest.firstIndex(where: { $0 != " " }) {
      rest = rest[first...]
      let key = rest.prefix { $0.isASCII && ($0.isLetter || $0 == "-") }
      rest = rest.dropFirst(key.count)
      guard !key.isEmpty, rest.hasPrefix("=\"") else { throw Defect.badTag(String(tag)) }
      let value = rest.dropFirst(2).prefix { $0 != "\"" }
      rest = rest.dropFirst(value.count + 3)
      element.attributes[String(key)] = String(value)
    }
    return element
  }

  /// The elements of a name.
  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }
}
