#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "xrayclf/core/fields.hpp"
#include "xrayclf/model/network.hpp"
#include "xrayclf/training/config.hpp"

namespace xrayclf {

enum class OpenPart {
  head,               ///< the backbone stays frozen
  last_keras_layers,  ///< Keras' `for layer in base.layers[:-N]: layer.trainable = False`
  from_module,        ///< this module and all that follow
  last_blocks,        ///< the last N units of the backbone
  everything,
};
template <>
struct EnumNames<OpenPart> {
  static constexpr std::array<std::pair<OpenPart, std::string_view>, 5> value{
      {{OpenPart::head, "head"},
       {OpenPart::last_keras_layers, "last_keras_layers"},
       {OpenPart::from_module, "from_module"},
       {OpenPart::last_blocks, "last_blocks"},
       {OpenPart::everything, "everything"}}};
};

/// Which parameters are trained. The head always is.
struct OpenConfig {
  OpenPart part = OpenPart::head;
  std::int64_t last_keras_layers = 30;
  std::string from_module;
  std::int64_t last_blocks = 2;

  template <class Field>
  static void fields(Field&& field) {
    using C = OpenConfig;
    field("part", &C::part, "What is trained beside the head");
    field(
        "last_keras_layers", &C::last_keras_layers,
        "For that part: layers as Keras counts them from the end of the backbone; more than there "
        "are open it whole",
        at_least(std::int64_t{1}), Unit{"layers"});
    field("from_module", &C::from_module,
          "For that part: name of the first opened module, for example features.6");
    field("last_blocks", &C::last_blocks, "For that part: blocks from the end of the backbone",
          at_least(std::int64_t{1}), Unit{"blocks"});
  }
};

/// What open_network() opened.
struct Opening {
  std::int64_t cut = 0;        ///< the first unit with a trained parameter; unit_count() for none
  std::int64_t trainable = 0;  ///< numbers in trained parameters, the head's included
};

/// Lets gradients reach the chosen parameters and the head and no others, and leaves the network in
/// evaluation mode. The cut may fall inside a unit: its first parameters then stay frozen. Throws
/// ConfigError if the module is unknown or the backbone has no list of Keras layers.
Opening open_network(Network& network, const OpenConfig& config);

/// Puts the network into training mode as far as it is opened: the head; dropped branches as
/// `drop_connect` says; batch normalisations of opened units as `norms` says, frozen ones never.
void set_training_mode(Network& network, std::int64_t cut, NormMode norms,
                       DropConnect drop_connect);

/// Lets the convolutions of this unit and those behind it take norms in inference mode into
/// themselves where a graph is built, and no others; none for unit_count().
void fold_norms(Network& network, std::int64_t first_unit);

}  // namespace xrayclf
