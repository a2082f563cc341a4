#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "xrayclf/core/error.hpp"
#include "xrayclf/core/text.hpp"

/// A configuration struct describes each of its fields once, in a static template `fields()`:
///
///   struct OptimizerConfig {
///     double learning_rate = 1e-3;
///     template <class Field> static void fields(Field&& field) {
///       field("learning_rate", &OptimizerConfig::learning_rate, "Step size of Adam", above(0.0));
///     }
///   };
///
/// From that come the JSON key, the flag (`--optimizer.learning_rate` where the struct is a
/// member named `optimizer`), the default, the checks, `--help` and the saved configuration.
/// Field types: bool, int64_t, double, std::string, enums with EnumNames, structs with fields(),
/// types with JSON of their own (`static T from_json(const json&, const std::string& path,
/// Required)` and `json to_json() const`), and vectors of all these. `int`, unsigned and float are
/// refused at compile time: they would not survive the way through JSON.
namespace xrayclf {

/// The names of an enum's values; specialise with
/// `static constexpr std::array<std::pair<E, std::string_view>, N> value`.
template <class E>
struct EnumNames;

/// A demand on a field, in words and as a test.
template <class T>
struct Check {
  std::string demand;
  std::function<bool(const T&)> holds;
};

/// Unit shown in the help, for example `Unit{"pixels"}`.
struct Unit {
  const char* text;
};
/// The field is also filled from arguments without a flag.
struct Positional {};

inline Check<std::int64_t> at_least(std::int64_t low) {
  return {">= " + std::to_string(low), [low](std::int64_t x) { return x >= low; }};
}
inline Check<double> at_least(double low) {
  return {">= " + nlohmann::json(low).dump(), [low](double x) { return x >= low; }};
}
inline Check<double> above(double low) {
  return {"> " + nlohmann::json(low).dump(), [low](double x) { return x > low; }};
}
inline Check<std::int64_t> in_range(std::int64_t low, std::int64_t high) {
  return {"in [" + std::to_string(low) + ", " + std::to_string(high) + "]",
          [low, high](std::int64_t x) { return x >= low && x <= high; }};
}
inline Check<double> in_range(double low, double high) {
  return {"in [" + nlohmann::json(low).dump() + ", " + nlohmann::json(high).dump() + "]",
          [low, high](double x) { return x >= low && x <= high; }};
}
/// A value in [low, high), as of a dropout rate.
inline Check<double> in_half_open(double low, double high) {
  return {"in [" + nlohmann::json(low).dump() + ", " + nlohmann::json(high).dump() + ")",
          [low, high](double x) { return x >= low && x < high; }};
}
/// The user must give this field: its empty default (text or list) is no value.
struct MustBeGiven {};
inline MustBeGiven required() { return {}; }

/// Whether reading insists on fields marked required(); printing a configuration does not.
enum class Required { enforced, ignored };

namespace detail {
struct AnyField {
  template <class... Args>
  void operator()(Args&&...) const {}
};
template <class T, class = void>
struct HasFields : std::false_type {};
template <class T>
struct HasFields<T, std::void_t<decltype(T::fields(AnyField{}))>> : std::true_type {};
template <class T, class = void>
struct HasOwnJson : std::false_type {};
template <class T>
struct HasOwnJson<T, std::void_t<decltype(&T::from_json), decltype(&T::to_json)>> : std::true_type {
};
template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
inline constexpr bool is_scalar_field =
    std::is_same_v<T, bool> || std::is_same_v<T, std::int64_t> || std::is_same_v<T, double> ||
    std::is_same_v<T, std::string>;

inline std::string child(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

[[noreturn]] inline void refuse(const std::string& path, const std::string& demand,
                                const nlohmann::json& got) {
  throw ConfigError((path.empty() ? "configuration" : path) + " must be " + demand + ", got " +
                    got.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

template <class E>
std::vector<std::string> names_of_enum() {
  std::vector<std::string> names;
  for (const auto& entry : EnumNames<E>::value) names.emplace_back(entry.second);
  return names;
}
}  // namespace detail

/// The name of an enum's value.
template <class E>
std::string_view name_of(E value) {
  for (const auto& entry : EnumNames<E>::value) {
    if (entry.first == value) return entry.second;
  }
  throw std::logic_error("an enum value without a name");
}

/// The enum's value of that name; ConfigError naming `path` and the known names otherwise.
template <class E>
E enum_from_name(std::string_view name, const std::string& path) {
  for (const auto& entry : EnumNames<E>::value) {
    if (entry.second == name) return entry.first;
  }
  const std::vector<std::string> known = detail::names_of_enum<E>();
  throw ConfigError(path + " must be one of " + join(known) + ", got '" + printable(name) + "'" +
                    did_you_mean(name, known));
}

/// `value` as JSON; structs become objects with every field present.
template <class T>
nlohmann::json write_json(const T& value) {
  if constexpr (detail::HasOwnJson<T>::value) {
    return value.to_json();
  } else if constexpr (detail::HasFields<T>::value) {
    nlohmann::json out = nlohmann::json::object();
    T::fields([&](const char* name, auto member, const char*, const auto&...) {
      out[name] = write_json(value.*member);
    });
    return out;
  } else if constexpr (detail::IsVector<T>::value) {
    nlohmann::json out = nlohmann::json::array();
    for (const auto& element : value) {
      out.push_back(write_json<typename T::value_type>(element));
    }
    return out;
  } else if constexpr (std::is_enum_v<T>) {
    return std::string(name_of(value));
  } else {
    static_assert(detail::is_scalar_field<T>, "use bool, int64_t, double, std::string or an enum");
    return value;
  }
}

/// Reads a T; a key left out keeps its default. Throws ConfigError that names the field on an
/// unknown key, a value that does not fit the field's type, or a failed check.
template <class T>
T read_json(const nlohmann::json& in, const std::string& path = "",
            Required mode = Required::enforced) {
  if constexpr (detail::HasOwnJson<T>::value) {
    return T::from_json(in, path, mode);
  } else if constexpr (detail::HasFields<T>::value) {
    if (!in.is_object()) detail::refuse(path, "an object", in);
    T out;
    std::vector<std::string> known;
    T::fields([&](const char* name, auto member, const char*, const auto&... annotations) {
      using Member = std::decay_t<decltype(out.*member)>;
      known.emplace_back(name);
      const std::string here = detail::child(path, name);
      if (const auto found = in.find(name); found != in.end()) {
        out.*member = read_json<Member>(*found, here, mode);
      }
      [[maybe_unused]] const auto require = [&](const auto& annotation) {
        using Annotation = std::decay_t<decltype(annotation)>;
        if constexpr (std::is_same_v<Annotation, Check<Member>>) {
          if (!annotation.holds(out.*member)) {
            detail::refuse(here, annotation.demand, write_json(out.*member));
          }
        } else if constexpr (std::is_same_v<Annotation, MustBeGiven>) {
          if (mode == Required::enforced && (out.*member).empty()) {
            throw ConfigError("--" + here + " is required (or the key '" + here +
                              "' in a --config file)");
          }
        }
      };
      (require(annotations), ...);
    });
    for (const auto& item : in.items()) {
      if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
        throw ConfigError("unknown key '" + printable(detail::child(path, item.key())) + "'" +
                          did_you_mean(item.key(), known));
      }
    }
    return out;
  } else if constexpr (detail::IsVector<T>::value) {
    if (!in.is_array()) detail::refuse(path, "a list", in);
    T out;
    for (std::size_t i = 0; i < in.size(); ++i) {
      out.push_back(
          read_json<typename T::value_type>(in[i], path + "[" + std::to_string(i) + "]", mode));
    }
    return out;
  } else if constexpr (std::is_enum_v<T>) {
    if (!in.is_string()) {
      detail::refuse(path, "one of " + join(detail::names_of_enum<T>()), in);
    }
    return enum_from_name<T>(in.template get<std::string>(), path);
  } else {
    static_assert(detail::is_scalar_field<T>, "use bool, int64_t, double, std::string or an enum");
    if constexpr (std::is_same_v<T, bool>) {
      if (!in.is_boolean()) detail::refuse(path, "true or false", in);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      // 3.0 is a whole number, 3.5 and 1e30 are not; the write-back comparison tells.
      if (!in.is_number() || nlohmann::json(in.template get<std::int64_t>()) != in) {
        detail::refuse(path, "a whole number of 64 bits", in);
      }
    } else if constexpr (std::is_same_v<T, double>) {
      if (!in.is_number()) detail::refuse(path, "a number", in);
    } else {
      if (!in.is_string()) detail::refuse(path, "a text", in);
    }
    return in.template get<T>();
  }
}

/// How a flag's text becomes JSON.
enum class FieldKind { boolean, integer, number, text, list, object_list };

/// What `fields()` says about one leaf, for flags, help and documentation.
struct FieldDoc {
  std::string path;  ///< "optimizer.learning_rate"
  FieldKind kind = FieldKind::text;
  FieldKind element = FieldKind::text;  ///< of a list
  nlohmann::json default_value;
  std::string help;
  std::string demand;                ///< "in [0, 1]", or ""
  std::string unit;                  ///< "pixels", or ""
  std::vector<std::string> choices;  ///< of an enum
  bool positional = false;
  bool required = false;
};

namespace detail {
template <class T>
constexpr FieldKind kind_of() {
  if constexpr (std::is_same_v<T, bool>)
    return FieldKind::boolean;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return FieldKind::integer;
  else if constexpr (std::is_same_v<T, double>)
    return FieldKind::number;
  else if constexpr (requires { T::flag_kind; })
    return T::flag_kind;  // a type of its own JSON says how its flag is read
  else if constexpr (HasFields<T>::value || HasOwnJson<T>::value)
    return FieldKind::object_list;
  else if constexpr (IsVector<T>::value) {
    return kind_of<typename T::value_type>() == FieldKind::object_list ? FieldKind::object_list
                                                                       : FieldKind::list;
  } else
    return FieldKind::text;
}

template <class T>
void describe_into(std::vector<FieldDoc>& docs, const T& defaults, const std::string& path) {
  T::fields([&](const char* name, auto member, const char* help, const auto&... annotations) {
    using Member = std::decay_t<decltype(defaults.*member)>;
    if constexpr (HasFields<Member>::value) {
      describe_into(docs, defaults.*member, child(path, name));
    } else {
      FieldDoc doc;
      doc.path = child(path, name);
      doc.kind = kind_of<Member>();
      doc.default_value = write_json(defaults.*member);
      doc.help = help;
      if constexpr (std::is_enum_v<Member>) doc.choices = names_of_enum<Member>();
      if constexpr (IsVector<Member>::value) {
        using Element = typename Member::value_type;
        doc.element = kind_of<Element>();
        if constexpr (std::is_enum_v<Element>) doc.choices = names_of_enum<Element>();
      }
      [[maybe_unused]] const auto note = [&](const auto& annotation) {
        using Annotation = std::decay_t<decltype(annotation)>;
        if constexpr (std::is_same_v<Annotation, Unit>)
          doc.unit = annotation.text;
        else if constexpr (std::is_same_v<Annotation, Positional>)
          doc.positional = true;
        else if constexpr (std::is_same_v<Annotation, MustBeGiven>)
          doc.required = true;
        else
          doc.demand =
              doc.demand.empty() ? annotation.demand : doc.demand + ", " + annotation.demand;
      };
      (note(annotations), ...);
      docs.push_back(std::move(doc));
    }
  });
}
}  // namespace detail

/// Every leaf of T, in the order of `fields()`.
template <class T>
std::vector<FieldDoc> describe() {
  std::vector<FieldDoc> docs;
  detail::describe_into(docs, T{}, "");
  return docs;
}

/// Defaults, then the file, then the flags; each layer overrides the one before it (RFC 7396:
/// lists are replaced, null restores the default). Throws ConfigError.
template <class T>
T resolve_config(const nlohmann::json& file, const nlohmann::json& flags,
                 Required mode = Required::enforced) {
  nlohmann::json merged = write_json(T{});
  merged.merge_patch(file);
  merged.merge_patch(flags);
  return read_json<T>(merged, "", mode);
}

}  // namespace xrayclf
