// Pairs of tokens, all sizes multiples of four.
#import "dy_four.wgsl"
#import "x_four.wgsl"
#import "back_pairs.wgsl"
#import "rows_of_heads.wgsl"
