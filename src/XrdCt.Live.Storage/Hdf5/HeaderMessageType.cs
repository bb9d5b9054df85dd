namespace XrdCt.Live.Storage.Hdf5;

/// <summary>The messages of object headers that are read here (specification, IV.A.2).</summary>
internal enum HeaderMessageType
{
    /// <summary>Dimensions of a dataset.</summary>
    Dataspace = 0x01,

    /// <summary>Where a new group keeps many links.</summary>
    LinkInfo = 0x02,

    /// <summary>Element type of a dataset.</summary>
    Datatype = 0x03,

    /// <summary>One link of a new group with few.</summary>
    Link = 0x06,

    /// <summary>How and where a dataset is stored.</summary>
    DataLayout = 0x08,

    /// <summary>One attribute.</summary>
    Attribute = 0x0C,

    /// <summary>Where the header goes on.</summary>
    Continuation = 0x10,

    /// <summary>Where an old group keeps its links.</summary>
    SymbolTable = 0x11,

    /// <summary>Where an object keeps many attributes.</summary>
    AttributeInfo = 0x15,
}
