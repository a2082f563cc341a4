#include "xrayclf/model/keras_graph.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace xrayclf {

KerasGraph::Node KerasGraph::add(std::string name, std::string module, std::vector<Node> inputs) {
  layers_.push_back({std::move(name), std::move(module)});
  inputs_.push_back(std::move(inputs));
  return layers_.size() - 1;
}

KerasGraph::Node KerasGraph::add_chain(const std::vector<KerasLayer>& layers, Node input) {
  for (const KerasLayer& layer : layers) input = add(layer.name, layer.module, {input});
  return input;
}

std::vector<KerasLayer> KerasGraph::layers() const {
  const std::size_t count = layers_.size();
  // A layer is added after its inputs, so one pass backwards sees every consumer first.
  std::vector<std::size_t> depth(count, 0);
  for (Node node = count; node-- > 0;) {
    for (const Node input : inputs_[node]) depth[input] = std::max(depth[input], depth[node] + 1);
  }
  constexpr std::size_t kUnseen = static_cast<std::size_t>(-1);
  std::vector<std::size_t> visit(count, kUnseen);
  std::size_t visited = 0;
  const std::function<void(Node)> walk = [&](Node node) {
    if (visit[node] != kUnseen) return;
    visit[node] = visited++;
    for (const Node input : inputs_[node]) walk(input);
  };
  walk(count - 1);

  std::vector<Node> order(count);
  std::iota(order.begin(), order.end(), Node{0});
  std::sort(order.begin(), order.end(), [&](Node a, Node b) {
    return depth[a] != depth[b] ? depth[a] > depth[b] : visit[a] < visit[b];
  });
  std::vector<KerasLayer> sorted;
  for (const Node node : order) sorted.push_back(layers_[node]);
  return sorted;
}

}  // namespace xrayclf
