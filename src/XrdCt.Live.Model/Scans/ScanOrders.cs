namespace XrdCt.Live.Model.Scans;

/// <summary>How the orders are called in configurations and on command lines.</summary>
public static class ScanOrders
{
    /// <summary>Order by name; case does not matter.</summary>
    public static IReadOnlyDictionary<string, ScanOrder> ByName { get; } =
        new Dictionary<string, ScanOrder>(StringComparer.OrdinalIgnoreCase)
        {
            ["translation-fast"] = ScanOrder.TranslationFast,
            ["translation-fast-zigzag"] = ScanOrder.TranslationFastZigzag,
            ["rotation-fast"] = ScanOrder.RotationFast,
            ["rotation-fast-zigzag"] = ScanOrder.RotationFastZigzag,
            ["interlaced"] = ScanOrder.Interlaced,
        };
}
