namespace XrdCt.Live.Simulator.Streaming;

/// <summary>One frame to be sent, in the order of sending.</summary>
/// <param name="Index">Index of the frame.</param>
/// <param name="Kind">What is done to it.</param>
public readonly record struct Delivery(int Index, DeliveryKind Kind);
