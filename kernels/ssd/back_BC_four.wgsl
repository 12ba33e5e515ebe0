// The gradients of B and C, all sizes multiples of four.
#import "BC_four.wgsl"
#import "h_four.wgsl"
#import "put5_four.wgsl"
#import "back_BC.wgsl"
#import "tile.wgsl"
