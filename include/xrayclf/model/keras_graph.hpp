#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "xrayclf/model/backbone.hpp"

namespace xrayclf {

/// Puts the layers of a functional Keras model into the order of `model.layers`: by their distance
/// from the output, the farthest first, and among equals by when a walk from the output backwards
/// comes to them (`_map_graph_network` of Keras 2.13). In a network with branches this is not the
/// order in which the layers were written down.
class KerasGraph {
 public:
  using Node = std::size_t;

  /// Adds a layer that takes the outputs of `inputs`, in the order of the call in Keras. `module`
  /// is the state name of what holds its parameters here, empty for none.
  Node add(std::string name, std::string module, std::vector<Node> inputs);
  /// Layers one after the other, the first on `input`; the last of them.
  Node add_chain(const std::vector<KerasLayer>& layers, Node input);

  /// All layers in order; the one added last is the model's output.
  std::vector<KerasLayer> layers() const;

 private:
  std::vector<KerasLayer> layers_;
  std::vector<std::vector<Node>> inputs_;
};

}  // namespace xrayclf
