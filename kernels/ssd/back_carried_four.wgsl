// Gradients of B and C through states, all sizes multiples of four.
#import "BC_four.wgsl"
#import "x_four.wgsl"
#import "h_four.wgsl"
#import "put5_four.wgsl"
#import "back_carried.wgsl"
#import "rows_of_heads.wgsl"
