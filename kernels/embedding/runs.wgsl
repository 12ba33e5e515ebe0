// What the sums over sorted places share. The places of one row stand together, a run; runs are summed in pieces of PIECE places.
// ids, order (count), dy (count, width), d_weight (V, width), parts (pieces, 2, width).
struct Params { count: u32, vocabulary: u32, width: u32 }

@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;

fn row_at(j: u32) -> u32 { return min(ids[order[j]], p.vocabulary - 1u); }

/// Does the run of place j go on from the place before?
fn goes_on(j: u32, row: u32) -> bool { return j > 0u && j < p.count && row_at(j) == row && row_at(j - 1u) == row; }
