// Pairs of tokens, all sizes any numbers.
#import "dy_one.wgsl"
#import "x_one.wgsl"
#import "back_pairs.wgsl"
#import "rows_of_heads.wgsl"
